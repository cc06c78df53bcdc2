#include "lb/base/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace weir::base {
namespace {

// Root's files in the directory of a user that it is to become are that user's. False: errno says why.
bool give_to_owner_of(const std::string& directory, int fd) {
  if (::geteuid() != 0) return true;
  struct stat about{};
  if (::stat(directory.c_str(), &about) != 0) return false;
  return about.st_uid == 0 || ::fchown(fd, about.st_uid, about.st_gid) == 0;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(fd, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return ::fsync(fd) == 0;
}

}  // namespace

std::expected<void, int> write_new_file(const std::string& path, std::string_view text) {
  struct stat there{};
  if (::lstat(path.c_str(), &there) == 0) return std::unexpected(EEXIST);
  std::string beside = path + ".XXXXXX";
  const int fd = ::mkostemp(beside.data(), O_CLOEXEC);
  if (fd < 0) return std::unexpected(errno);
  const bool written = write_all(fd, text) &&
                       give_to_owner_of(std::filesystem::path(path).parent_path(), fd) &&
                       ::link(beside.c_str(), path.c_str()) == 0;
  const int error = errno;
  ::close(fd);
  ::unlink(beside.c_str());
  if (!written) return std::unexpected(error);
  return {};
}

}  // namespace weir::base
