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

std::string path_in(const std::string& directory) { return directory + "/lock"; }

bool is_file_at(const net::Fd& fd, const std::string& path) {
  struct stat open{}, there{};
  return fd.valid() && ::fstat(fd.get(), &open) == 0 && ::stat(path.c_str(), &there) == 0 &&
         open.st_dev == there.st_dev && open.st_ino == there.st_ino;
}

}  // namespace

std::expected<StateLock, StartError> StateLock::take(const model::Process& process, net::Fd inherited) {
  const std::string& directory = process.state_dir;
  if (directory.empty()) return StateLock();
  const std::string path = path_in(directory);
  const bool handed_over = is_file_at(inherited, path);
  if (handed_over) {
    ::fcntl(inherited.get(), F_SETFD, FD_CLOEXEC);
  } else {
    inherited.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  }
  if (inherited.valid() && ::flock(inherited.get(), LOCK_EX | LOCK_NB) == 0) {
    StateLock lock(std::move(inherited), directory);
    lock.handed_over_ = handed_over;
    return lock;
  }
  if (inherited.valid() && errno == EWOULDBLOCK) {
    return std::unexpected(
        StartError{process.state_dir_place,
                   fmt::format("process.state_dir: another weir uses '{}'", base::escape(directory))});
  }
  base::log::warn("process.state_dir: '{}' is not locked: {}", base::escape(directory),
                  base::to_lower(std::strerror(errno)));
  return StateLock();
}

bool StateLock::lost() const { return held() && !is_file_at(fd_, path_in(directory_)); }

}  // namespace weir::server
