#include "lb/server/state_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <utility>

#include "lb/base/text.h"

namespace weir::server {
namespace {

std::string path_in(const std::string& directory) { return directory + "/lock"; }

enum class Place { there, elsewhere, unknown };

// Of the open file.
Place place_of(const net::Fd& fd, const std::string& path) {
  struct stat open{}, there{};
  if (!fd.valid() || ::fstat(fd.get(), &open) != 0) return Place::unknown;
  if (::stat(path.c_str(), &there) != 0) {
    return errno == ENOENT || errno == ENOTDIR ? Place::elsewhere : Place::unknown;
  }
  return open.st_dev == there.st_dev && open.st_ino == there.st_ino ? Place::there : Place::elsewhere;
}

}  // namespace

std::expected<StateLock, StartError> StateLock::take(const model::Process& process, net::Fd inherited) {
  const std::string& directory = process.state_dir;
  if (directory.empty()) return StateLock();
  const std::string path = path_in(directory);
  const bool handed_over = place_of(inherited, path) == Place::there;
  if (handed_over) {
    ::fcntl(inherited.get(), F_SETFD, FD_CLOEXEC);
  } else {
    inherited.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  }
  if (inherited.valid() && ::flock(inherited.get(), LOCK_EX | LOCK_NB) == 0) {
    return StateLock(std::move(inherited), handed_over);
  }
  if (inherited.valid() && errno == EWOULDBLOCK) {
    return std::unexpected(
        StartError{process.state_dir_place,
                   fmt::format("process.state_dir: another weir uses '{}'", base::escape(directory))});
  }
  return StateLock(errno);
}

bool StateLock::lost(const model::Process& process) const {
  return place_of(fd_, path_in(process.state_dir)) == Place::elsewhere;
}

}  // namespace weir::server
