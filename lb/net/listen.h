#pragma once

#include <sys/types.h>

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "lb/base/address.h"
#include "lb/net/fd.h"
#include "lb/net/socket_file.h"

// Listening sockets, made by the control thread before the workers start.
namespace weir::net {

struct ListenError {
  int code;             // errno; EADDRINUSE also where the path of a unix socket leads to something else
  std::string message;  // "address already in use"
};

// The sockets of one bind address: one per worker with SO_REUSEPORT, or (unix sockets) a single one
// that all workers poll. Before that a bind without SO_REUSEPORT finds out whether another process
// (or another listener) has the port. Port 0 is resolved once; `address` is what was really bound.
struct ListeningSockets {
  base::SocketAddress address;
  std::vector<Fd> sockets;  // as many as workers, or one
  SocketFile file{};        // of a unix socket
};

struct ListenOptions {
  enum class Among {
    none,  // nobody else has the port
    own,   // other sockets of this process may have it, which are about to be closed
  };
  int backlog = 4096;
  mode_t unix_mode = 0666;  // of a unix socket's file: who may write to it may connect
  Among among = Among::none;
  bool begin = true;  // false: they are bound only, and begin_listening() follows; not of unix sockets
};

// It sets the umask of the process for a moment if the address is a path: who makes a file in another thread
// meanwhile has to say its mode exactly.
std::expected<ListeningSockets, ListenError> listen_on(const base::SocketAddress& address, unsigned workers,
                                                       const ListenOptions& options = {});

// The error is an errno.
std::expected<void, int> begin_listening(std::span<const Fd> sockets, int backlog = ListenOptions().backlog);

// What a socket is bound to; the address of nobody if the system does not tell.
base::SocketAddress local_address(const Fd& socket);

// Makes a listening socket of another's making ready to be accepted from: non-blocking, closed by exec. What
// it is bound to, or why it cannot be used: it has to be a stream socket of an IP address or a path.
std::expected<base::SocketAddress, std::string> take_over(const Fd& socket);

}  // namespace weir::net
