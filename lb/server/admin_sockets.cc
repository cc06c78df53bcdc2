#include "lb/server/admin_sockets.h"

#include <fmt/format.h>

#include <utility>

#include "lb/admin/server.h"

namespace weir::server {

std::optional<net::ListeningSockets> inherit_admin(const model::Admin& admin, InheritedSockets& inherited) {
  if (!admin.bind) return std::nullopt;
  auto taken = take(inherited, {.bind = *admin.bind, .of = InheritedSocket::Of::admin});
  if (!taken) return std::nullopt;
  net::ListeningSockets sockets{taken->address, std::move(taken->sockets)};
  if (taken->owns_file) sockets.file = net::SocketFile(taken->address.path());
  return sockets;
}

std::expected<net::ListeningSockets, StartError> listen_for_admin(const model::Admin& admin) {
  auto made = admin::listen(*admin.bind);
  if (made) return std::move(*made);
  return std::unexpected(StartError{
      admin.bind_place,
      fmt::format("admin.bind: cannot listen on {}: {}", admin.bind->to_string(), made.error().message)});
}

}  // namespace weir::server
