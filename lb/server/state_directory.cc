#include "lb/server/state_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "lb/base/log.h"
#include "lb/base/new_file.h"
#include "lb/base/text.h"
#include "lb/net/fd.h"
#include "lb/sticky/key_file.h"

namespace weir::server {
namespace {

std::string new_token(const std::string& server_name) {
  std::uint64_t bits[2] = {};
  if (::getrandom(bits, sizeof bits, 0) != sizeof bits) bits[0] = static_cast<std::uint64_t>(::getpid());
  return fmt::format("{}-{:016x}{:016x}", server_name, bits[0], bits[1]);
}

bool is_token(const std::string& text) {
  return !text.empty() && text.size() <= 200 && std::ranges::all_of(text, [](char c) {
    return base::is_digit(c) || (base::lower(c) >= 'a' && base::lower(c) <= 'z') || c == '-' || c == '.' ||
           c == '_';
  });
}

void tell_failure(const std::string& path, std::string_view what, const std::string& why) {
  base::log::warn("process.state_dir: '{}' cannot be {}: {}", base::escape(path), what, base::escape(why));
}

std::string words(int error) { return base::to_lower(std::strerror(error)); }

// The error is an errno. What is no token is empty.
std::expected<std::string, int> read_token(const std::string& path) {
  const net::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe would be waited for
  std::array<char, 256> bytes{};
  const ssize_t got = file.valid() ? ::read(file.get(), bytes.data(), bytes.size()) : -1;
  if (got < 0) return std::unexpected(errno);
  const std::string_view text(bytes.data(), static_cast<std::size_t>(got));
  std::string line(text.substr(0, text.find('\n')));
  return is_token(line) ? line : std::string();
}

}  // namespace

void make_state_directory(const model::Process& process) {
  if (process.state_dir.empty() || ::mkdir(process.state_dir.c_str(), 0700) != 0) return;
  if (process.user.empty() || ::geteuid() != 0) return;
  const passwd* const user = ::getpwnam(process.user.c_str());
  if (user == nullptr) return;
  if (::lchown(process.state_dir.c_str(), user->pw_uid, user->pw_gid) != 0) {
    base::log::warn("process.state_dir: '{}' cannot be given to {}: {}", base::escape(process.state_dir),
                    base::escape(process.user), base::to_lower(std::strerror(errno)));
  }
}

void keep_node_token(const model::Process& process, const std::string& token) {
  if (process.state_dir.empty() || token.empty()) return;
  const std::string path = process.state_dir + kNodeTokenFile;
  const auto written = base::write_new_file(path, token);
  if (written) return;
  if (written.error() != EEXIST) return tell_failure(path, "written", words(written.error()));
  const auto there = read_token(path);
  if (!there) return tell_failure(path, "read", words(there.error()));
  if (*there != token) {
    base::log::warn(
        "process.state_dir: '{}' holds another token than this process uses: it counts from the "
        "next start on",
        base::escape(path));
  }
}

void keep_cookie_keys(const model::Process& process, const sticky::Keys& keys) {
  if (process.state_dir.empty()) return;
  const std::string path = process.state_dir + kCookieKeyFile;
  std::string text = sticky::to_text(keys);
  const auto written = base::write_new_file(path, text);
  sticky::cleanse(text);
  if (written) return;
  if (written.error() != EEXIST) return tell_failure(path, "written", words(written.error()));
  const auto there = sticky::load_keys(path);
  if (!there) return tell_failure(path, "used", there.error());
  if (!sticky::same(**there, keys)) {
    base::log::warn(
        "process.state_dir: '{}' holds another key than this process uses: it counts from the next "
        "start on, and ends the sticky sessions of this one",
        base::escape(path));
  }
}

void tell_state_is_replaced(const model::Process& process) {
  const std::string path = process.state_dir + "/state.json";
  if (process.state_dir.empty() || ::access(path.c_str(), F_OK) != 0) return;
  base::log::warn("process.state_dir: '{}' is replaced by what this process knows", base::escape(path));
}

std::expected<std::string, StartError> node_token(const model::Snapshot& snapshot) {
  const bool needed = std::ranges::any_of(
      snapshot.listeners, [](const model::Listener& listener) { return listener.forwarded.via; });
  if (!needed) return std::string();
  const model::Process& process = snapshot.process;
  std::string token = new_token(process.server_name);
  if (process.state_dir.empty()) return token;

  const auto failed = [&](int error) {
    return std::unexpected(StartError{
        process.state_dir_place, fmt::format("process.state_dir: '{}': {}", base::escape(process.state_dir),
                                             base::to_lower(std::strerror(error)))});
  };
  const std::string path = process.state_dir + kNodeTokenFile;
  make_state_directory(process);
  const auto written = base::write_new_file(path, token);
  if (written) return token;
  if (written.error() != EEXIST) return failed(written.error());
  auto kept = read_token(path);
  if (!kept) return failed(kept.error());
  if (kept->empty()) {
    return std::unexpected(
        StartError{process.state_dir_place, fmt::format("'{}' holds no token; remove it", path)});
  }
  return *std::move(kept);
}

}  // namespace weir::server
