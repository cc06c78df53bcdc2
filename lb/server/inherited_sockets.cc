#include "lb/server/inherited_sockets.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/net/listen.h"

namespace weir::server {
namespace {

bool fits(const InheritedSocket& socket, const SocketClaim& claim, SocketMatch match) {
  const bool wanted = socket.wanted == claim.bind;
  switch (match) {
    case SocketMatch::same_owner: return wanted && socket.of == claim.of && socket.listener == claim.listener;
    case SocketMatch::wanted:
      return wanted && (socket.of == claim.of || socket.of == InheritedSocket::Of::anyone);
    case SocketMatch::address: return socket.address == claim.bind;
  }
  return false;
}

}  // namespace

std::expected<void, StartError> prepare(InheritedSockets& sockets) {
  for (InheritedSocket& inherited : sockets) {
    for (const net::Fd& socket : inherited.sockets) {
      const auto address = net::take_over(socket);
      if (!address) {
        return std::unexpected(StartError{
            {}, fmt::format("the inherited descriptor {} is of no use: {}", socket.get(), address.error())});
      }
      inherited.address = *address;
    }
  }
  std::erase_if(sockets, [](const InheritedSocket& one) { return one.sockets.empty(); });
  return {};
}

std::optional<InheritedSocket> take(InheritedSockets& sockets, const SocketClaim& claim, SocketMatch match) {
  const auto found =
      std::ranges::find_if(sockets, [&](const InheritedSocket& one) { return fits(one, claim, match); });
  if (found == sockets.end()) return std::nullopt;
  InheritedSocket taken = std::move(*found);
  sockets.erase(found);
  return taken;
}

std::optional<InheritedSocket> take(InheritedSockets& sockets, const SocketClaim& claim) {
  for (const auto match : {SocketMatch::same_owner, SocketMatch::wanted, SocketMatch::address}) {
    if (auto taken = take(sockets, claim, match)) return taken;
  }
  return std::nullopt;
}

std::vector<SocketShare> share_out(std::size_t sockets, unsigned workers) {
  std::vector<SocketShare> shares;
  for (std::size_t i = 0; i < std::max<std::size_t>(sockets, workers); ++i) {
    shares.push_back({static_cast<unsigned>(i % workers), i % sockets, sockets < workers});
  }
  return shares;
}

}  // namespace weir::server
