#include "lb/admin/token.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "lb/base/text.h"

namespace weir::admin {
namespace {

constexpr std::size_t kShortest = 8;
constexpr std::size_t kLongest = 1024;

bool may_stand_in_token(char c) {
  const char low = base::lower(c);
  return (low >= 'a' && low <= 'z') || base::is_digit(c) || std::string_view("-._~+/=").contains(c);
}

// Why this is no token; absent if it is one.
std::optional<std::string> complaint(std::string_view token) {
  if (token.empty()) return "is empty";
  if (!std::ranges::all_of(token, may_stand_in_token)) {
    return "has to be one line of letters, digits and -._~+/=";
  }
  if (token.size() < kShortest)
    return fmt::format("has fewer than {} characters: anybody could guess it", kShortest);
  if (token.size() > kLongest) return fmt::format("has more than {} characters", kLongest);
  return std::nullopt;
}

}  // namespace

std::expected<TokenFile, std::string> read_token_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return std::unexpected(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  struct stat status{};
  ::fstat(descriptor, &status);
  char bytes[kLongest + 3];
  const long count = S_ISREG(status.st_mode) ? ::read(descriptor, bytes, sizeof bytes) : -1;
  const int error = errno;
  ::close(descriptor);
  if (!S_ISREG(status.st_mode)) return std::unexpected(fmt::format("{} is not a file", path));
  if (count < 0) return std::unexpected(fmt::format("cannot read {}: {}", path, std::strerror(error)));

  std::string_view token(bytes, static_cast<std::size_t>(count));
  if (token.ends_with('\n')) token.remove_suffix(1);
  if (token.ends_with('\r')) token.remove_suffix(1);
  if (const auto wrong = complaint(token))
    return std::unexpected(fmt::format("the token in {} {}", path, *wrong));
  TokenFile result{std::string(token), {}};
  if ((status.st_mode & S_IROTH) != 0)
    result.warning = fmt::format("{} can be read by everybody: chmod o-r it", path);
  return result;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size() && !b.empty(); ++i) {
    difference |=
        static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i % b.size()]));
  }
  const volatile unsigned result = difference;  // keeps the compiler from ending the loop early
  return result == 0;
}

}  // namespace weir::admin
