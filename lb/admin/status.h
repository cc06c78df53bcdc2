#pragma once

#include <string>
#include <string_view>

#include "lb/admin/state.h"

namespace weir::admin {

// The document of /api/v1/status: what the daemon is, what it runs and what its listeners, target groups and
// targets did so far. Times in seconds, sizes in bytes.
// Groups are told as operations have them, or as the configuration does while there are none.
std::string status_json(const State& state, base::WallTime now);

// By this process and those before it.
std::uint64_t access_log_dropped(const State& state);

}  // namespace weir::admin
