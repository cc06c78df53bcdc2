#include "lb/server/cookie_keys.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "lb/base/log.h"
#include "lb/base/text.h"
#include "lb/server/state_directory.h"
#include "lb/sticky/key_file.h"

namespace weir::server {
namespace {

namespace log = base::log;

bool is_sticky(const model::Action& action) {
  const auto* const forward = std::get_if<model::ForwardAction>(&action);
  return forward != nullptr && forward->stickiness;
}

bool is_sticky(const model::Listener& listener) {
  return is_sticky(listener.default_action) ||
         std::ranges::any_of(listener.rules, [](const model::Rule& rule) { return is_sticky(rule.action); });
}

void warn_if_open(const std::string& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) == 0 && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    log::warn("secrets.cookie_keys_file: '{}' is open to others than its owner (mode {:04o})",
              base::escape(path), about.st_mode & 07777U);
  }
}

}  // namespace

bool is_sticky(const model::Snapshot& snapshot) {
  return std::ranges::any_of(snapshot.target_groups,
                             [](const model::TargetGroup& group) { return group.stickiness.has_value(); }) ||
         std::ranges::any_of(snapshot.listeners,
                             [](const model::Listener& listener) { return is_sticky(listener); });
}

std::expected<std::shared_ptr<const sticky::Keys>, StartError> cookie_keys(const model::Snapshot& snapshot) {
  const auto wrapped =
      [](auto keys, const model::Place& place,
         const char* name) -> std::expected<std::shared_ptr<const sticky::Keys>, StartError> {
    if (keys) return *keys;
    return std::unexpected(StartError{place, fmt::format("{}: {}", name, base::escape(keys.error()))});
  };
  if (!is_sticky(snapshot)) return nullptr;
  const model::Secrets& secrets = snapshot.secrets;
  const model::Process& process = snapshot.process;
  if (!secrets.cookie_keys_file.empty()) {
    warn_if_open(secrets.cookie_keys_file);
    return wrapped(sticky::load_keys(secrets.cookie_keys_file), secrets.cookie_keys_file_place,
                   "secrets.cookie_keys_file");
  }
  if (process.state_dir.empty()) {
    log::warn(
        "sticky sessions end with this process: there is neither secrets.cookie_keys_file nor a "
        "process.state_dir to keep a key in");
    return wrapped(sticky::make_keys(), process.state_dir_place, "a key for cookies");
  }
  make_state_directory(process);
  return wrapped(sticky::load_or_make_keys(process.state_dir + kCookieKeyFile), process.state_dir_place,
                 "process.state_dir");
}

std::expected<std::shared_ptr<const sticky::Keys>, std::string> present_cookie_keys(
    const model::Snapshot& snapshot) {
  const std::string& file = snapshot.secrets.cookie_keys_file;
  if (!file.empty()) return sticky::load_keys(file);
  const std::string& directory = snapshot.process.state_dir;
  if (directory.empty()) return std::unexpected("there is neither a cookie_keys_file nor a state_dir");
  return sticky::load_keys(directory + kCookieKeyFile);
}

}  // namespace weir::server
