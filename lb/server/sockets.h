#pragma once

#include <expected>
#include <vector>

#include "lb/model/snapshot.h"
#include "lb/net/socket_file.h"
#include "lb/server/start_error.h"
#include "lb/server/worker.h"

namespace weir::server {

// A listener with its sockets open, before the workers exist.
struct BoundListener {
  const model::Listener* settings = nullptr;       // in the snapshot
  std::vector<base::SocketAddress> addresses;      // as really bound: port 0 is resolved
  std::vector<std::vector<WorkerSocket>> sockets;  // by worker
  std::vector<net::SocketFile> files;              // of the unix sockets among them
};

// Opens the sockets of every listener, all or none: an error leaves no socket file behind.
std::expected<std::vector<BoundListener>, StartError> bind_listeners(const model::Snapshot& snapshot,
                                                                     unsigned workers);

}  // namespace weir::server
