#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/address.h"
#include "lb/net/fd.h"
#include "lb/server/start_error.h"

// Listening sockets that this process was given instead of opening them: by systemd, or by the weir that it
// takes over from. On the control thread, before the workers start.
namespace weir::server {

struct InheritedSocket {
  enum class Of { anyone, listener, admin };

  base::SocketAddress wanted;    // the bind address that it was made for; of systemd: as it is bound
  base::SocketAddress address;   // as really bound
  std::vector<net::Fd> sockets;  // with SO_REUSEPORT as many as there were workers; else one
  Of of = Of::anyone;            // who had it
  std::string listener = {};     // the name of that listener
  bool owns_file = false;        // of a unix socket: weir removes its file in the end
  bool service_manager = false;  // it comes from there in the end, which keeps its own
};
using InheritedSockets = std::vector<InheritedSocket>;

// A bind address of the configuration, and whose it is.
struct SocketClaim {
  const base::SocketAddress& bind;
  InheritedSocket::Of of = InheritedSocket::Of::listener;
  std::string_view listener = {};
};

// Closest first: port 0 may stand in several places.
enum class SocketMatch { same_owner, wanted, address };

// Finds out their addresses, and makes them non-blocking and close-on-exec. The error names one that nobody
// can accept from.
std::expected<void, StartError> prepare(InheritedSockets& sockets);

// Takes the one that belongs to a bind out of them: by this match, or by the closest.
std::optional<InheritedSocket> take(InheritedSockets& sockets, const SocketClaim& claim, SocketMatch match);
std::optional<InheritedSocket> take(InheritedSockets& sockets, const SocketClaim& claim);

// Which worker accepts from which of the sockets: each socket is some worker's, since the kernel goes on
// putting connections into one that is nobody's, and each worker has one.
struct SocketShare {
  unsigned worker = 0;
  std::size_t socket = 0;
  bool shared = false;  // by several workers
};
std::vector<SocketShare> share_out(std::size_t sockets, unsigned workers);

}  // namespace weir::server
