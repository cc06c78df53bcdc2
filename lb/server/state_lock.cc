#include "lb/server/state_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "lb/base/log.h"
#include "lb/base/text.h"

namespace weir::server {
namespace {

bool is_file_at(const net::Fd& fd, const std::string& path) {
  struct stat open{}, there{};
  return fd.valid() && ::fstat(fd.get(), &open) == 0 && ::stat(path.c_str(), &there) == 0 &&
         open.st_dev == there.st_dev && open.st_ino == there.st_ino;
}

}  // namespace

std::expected<StateLock, StartError> StateLock::take(const model::Process& process, net::Fd inherited) {
  const std::string& directory = process.state_dir;
  if (directory.empty()) return StateLock();
  const std::string path = directory + "/lock";
  if (is_file_at(inherited, path)) {
    ::fcntl(inherited.get(), F_SETFD, FD_CLOEXEC);
  } else {
    inherited.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  }
  if (inherited.valid() && ::flock(inherited.get(), LOCK_EX | LOCK_NB) == 0) {
    return StateLock(std::move(inherited));
  }
  if (inherited.valid() && errno == EWOULDBLOCK) {
    return std::unexpected(
        StartError{process.state_dir_place,
                   fmt::format("process.state_dir: another weir uses '{}'", base::escape(directory))});
  }
  base::log::info("process.state_dir: '{}' is not locked: {}", directory, std::strerror(errno));
  return StateLock();
}

}  // namespace weir::server
