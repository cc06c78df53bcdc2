#pragma once

#include <cstdint>
#include <optional>

#include "lb/server/admin_call.h"

// `weir events`.
namespace weir::server {

struct EventsOptions : AdminOptions {
  std::optional<std::uint64_t> after;  // the number of an event; absent: from now on
};

// Prints what happens in a running daemon, a line each, until the daemon stops. Returns the exit code.
int events_command(const EventsOptions& options);

}  // namespace weir::server
