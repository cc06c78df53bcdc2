#include "config/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace weir::config {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

std::expected<std::string, ReadFailure> read_file(const std::string& path, std::size_t most, Accept accept) {
  const auto failed = [] { return std::unexpected(ReadFailure{ReadError::system, errno}); };
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return failed();
  if (S_ISDIR(status.st_mode)) return std::unexpected(ReadFailure{ReadError::system, EISDIR});
  if (accept == Accept::regular && !S_ISREG(status.st_mode))
    return std::unexpected(ReadFailure{ReadError::not_regular});
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (file.number() < 0) return failed();
  std::string text;
  std::string chunk(std::size_t{64} << 10, '\0');
  while (true) {
    const ssize_t count = ::read(file.number(), chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed();
    if (count == 0) return text;
    text.append(chunk, 0, static_cast<std::size_t>(count));
    if (text.size() > most) return std::unexpected(ReadFailure{ReadError::too_large});
  }
}

}  // namespace weir::config
