#pragma once

#include <cstdint>
#include <expected>

#include "lb/model/snapshot.h"
#include "lb/server/start_error.h"

namespace weir::server {

// Raises the soft limit of descriptors to the hard one; returns it.
std::uint64_t raise_descriptor_limit();

// How many connections fit.
struct ConnectionBounds {
  std::uint64_t clients = 0;       // of the process
  std::uint64_t idle_targets = 0;  // of each worker
  std::uint64_t pipes = 0;         // of each worker, for splicing: two descriptors each
  bool operator==(const ConnectionBounds&) const = default;
};

// Divides the descriptors: each client connection may need one at the client's side and one at the target's;
// idle connections to targets and `sockets` that listen come on top. `auto` sets an eighth of the limit apart
// for the idle ones; a number of clients that does not fit is an error. What clients cannot use is for the
// idle ones, and a part of that for pipes. Pure.
std::expected<ConnectionBounds, StartError> fit_connections(const model::Process& process,
                                                            std::uint64_t limit, std::uint64_t workers,
                                                            std::uint64_t sockets);

}  // namespace weir::server
