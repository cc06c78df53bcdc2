#include "lb/base/file_owner.h"

#include <sys/stat.h>
#include <unistd.h>

namespace weir::base {

bool give_to_owner_of(const std::string& directory, int fd) {
  if (::geteuid() != 0) return true;
  struct stat about{};
  if (::stat(directory.c_str(), &about) != 0) return false;
  return about.st_uid == 0 || ::fchown(fd, about.st_uid, about.st_gid) == 0;
}

}  // namespace weir::base
