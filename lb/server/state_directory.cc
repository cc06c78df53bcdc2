#include "lb/server/state_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "lb/base/file_owner.h"
#include "lb/base/log.h"
#include "lb/base/text.h"
#include "lb/net/fd.h"
#include "lb/sticky/keys.h"

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

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

void make_state_directory(const model::Process& process) {
  if (process.state_dir.empty() || ::mkdir(process.state_dir.c_str(), 0700) != 0) return;
  const passwd* const user = process.user.empty() ? nullptr : ::getpwnam(process.user.c_str());
  if (user == nullptr || ::geteuid() != 0) return;
  if (::lchown(process.state_dir.c_str(), user->pw_uid, user->pw_gid) != 0) {
    base::log::warn("process.state_dir: '{}' cannot be given to {}: {}", base::escape(process.state_dir),
                    base::escape(process.user), base::to_lower(std::strerror(errno)));
  }
}

void keep_in_state_directory(const model::Process& process, const char* file, std::string_view text) {
  if (process.state_dir.empty() || text.empty()) return;
  const std::string path = process.state_dir + file;
  const net::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid() && errno == EEXIST) {
    std::string line = first_line(path);
    const bool same = line == text.substr(0, text.find('\n'));
    sticky::cleanse(line);
    if (same) return;
    return base::log::warn(
        "process.state_dir: '{}' holds another value than this process uses: it counts from the "
        "next start on, and ends sticky sessions if it is a key",
        base::escape(path));
  }
  if (fd.valid() && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) return;
  base::log::warn("process.state_dir: '{}' cannot be written: {}", base::escape(path),
                  base::to_lower(std::strerror(errno)));
}

void warn_of_other_state(const model::Process& process) {
  const std::string path = process.state_dir + "/state.json";
  if (process.state_dir.empty() || ::access(path.c_str(), F_OK) != 0) return;
  base::log::warn(
      "process.state_dir: '{}' is of another weir: it is replaced by what the process before knew",
      base::escape(path));
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
  net::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.valid()) {
    if (::write(fd.get(), token.data(), token.size()) != static_cast<ssize_t>(token.size()) ||
        !base::give_to_owner_of(process.state_dir, fd.get()))
      return failed(errno);
    return token;
  }
  if (errno != EEXIST) return failed(errno);
  const std::string kept = first_line(path);
  if (!is_token(kept)) {
    return std::unexpected(
        StartError{process.state_dir_place, fmt::format("'{}' holds no token; remove it", path)});
  }
  return kept;
}

}  // namespace weir::server
