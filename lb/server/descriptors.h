#pragma once

#include <cstdint>
#include <expected>

#include "lb/model/snapshot.h"
#include "lb/server/start_error.h"

namespace weir::server {

// Raises the soft limit of descriptors to the hard one; returns it.
std::uint64_t raise_descriptor_limit();

// How many client connections fit: each may need a descriptor at the client's side and one at the
// target's. `auto` takes what fits, up to 100 000; a number that does not fit is an error. Pure.
std::expected<std::uint64_t, StartError> fit_connections(const model::Process& process, std::uint64_t limit,
                                                         std::uint64_t workers, std::uint64_t sockets);

}  // namespace weir::server
