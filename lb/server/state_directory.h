#pragma once

#include <expected>
#include <string>

#include "lb/model/snapshot.h"
#include "lb/server/start_error.h"

namespace weir::server {

// The token by which this node knows its own Via entries: random, kept in the state directory so
// that it outlives a restart. Empty if no listener writes Via. Without a state directory it is made
// anew each time.
std::expected<std::string, StartError> node_token(const model::Snapshot& snapshot);

}  // namespace weir::server
