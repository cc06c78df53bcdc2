#include "lb/sticky/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "lb/base/new_file.h"

namespace weir::sticky {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;

std::string error_text() { return std::strerror(errno); }

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

// At most kMostBytes + 1, in memory that is taken once, so that no copies stay behind.
std::optional<std::string> read_all(int fd) {
  std::string text(kMostBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int error = errno;
      cleanse(text);
      errno = error;
      return std::nullopt;
    }
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

}  // namespace

std::expected<std::shared_ptr<const Keys>, std::string> load_keys(const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe would be waited for
  if (!file.valid()) return std::unexpected(fmt::format("cannot read {}: {}", path, error_text()));
  struct stat about{};
  if (::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) {
    return std::unexpected(fmt::format("cannot read {}: it is no file", path));
  }
  auto text = read_all(file.get());
  if (!text) return std::unexpected(fmt::format("cannot read {}: {}", path, error_text()));
  const bool fits = text->size() <= kMostBytes;
  auto keys = fits ? Keys::parse(*text) : std::unexpected(fmt::format("it has over {} bytes", kMostBytes));
  cleanse(*text);
  if (!keys) return std::unexpected(fmt::format("{}: {}", path, keys.error()));
  return keys;
}

std::expected<std::shared_ptr<const Keys>, std::string> load_or_make_keys(const std::string& path) {
  if (::access(path.c_str(), F_OK) == 0 || errno != ENOENT) return load_keys(path);
  auto line = make_key_line();
  if (!line) return std::unexpected("the system gives no random bytes");
  const auto written = base::write_new_file(path, *line);
  cleanse(*line);
  if (!written && written.error() != EEXIST) {
    return std::unexpected(fmt::format("cannot write {}: {}", path, std::strerror(written.error())));
  }
  return load_keys(path);
}

std::expected<std::shared_ptr<const Keys>, std::string> make_keys() {
  auto line = make_key_line();
  if (!line) return std::unexpected("the system gives no random bytes");
  auto keys = Keys::parse(*line);
  cleanse(*line);
  return keys;
}

}  // namespace weir::sticky
