#include "lb/net/fd.h"

#include <unistd.h>

namespace weir::net {

void Fd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace weir::net
