#include "lb/server/privileges.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lb/base/log.h"
#include "lb/base/text.h"

namespace weir::server {

std::expected<void, StartError> drop_privileges(const model::Process& process,
                                                const std::vector<std::string>& socket_files,
                                                const std::vector<int>& port_sockets) {
  if (process.user.empty()) return {};
  const auto failed = [&](std::string_view why) {
    return std::unexpected(StartError{
        process.user_place, fmt::format("process.user: '{}': {}", base::escape(process.user), why)});
  };
  const passwd* const user = ::getpwnam(process.user.c_str());
  if (user == nullptr) return failed("no such user");
  if (::geteuid() == user->pw_uid) return {};
  if (::geteuid() != 0) return failed("only root can become another user");
  for (const std::string& file : socket_files) {
    if (::lchown(file.c_str(), user->pw_uid, user->pw_gid) != 0) {
      return failed(fmt::format("cannot be given {}: {}", file, base::to_lower(std::strerror(errno))));
    }
  }
  for (const int socket : port_sockets) {
    if (::fchown(socket, user->pw_uid, user->pw_gid) == 0) continue;
    base::log::warn(
        "process.user: '{}' cannot be given the listening sockets: {}; while weir runs, no bind can take the "
        "place of another one at its port",
        base::escape(process.user), base::to_lower(std::strerror(errno)));
    break;
  }
  if (::initgroups(user->pw_name, user->pw_gid) != 0 || ::setgid(user->pw_gid) != 0 ||
      ::setuid(user->pw_uid) != 0) {
    return failed(base::to_lower(std::strerror(errno)));
  }
  return {};
}

}  // namespace weir::server
