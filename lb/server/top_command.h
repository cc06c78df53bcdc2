#pragma once

#include "lb/server/admin_call.h"

// `weir top`.
namespace weir::server {

struct TopOptions : AdminOptions {
  bool once = false;  // one table or line, and no more
};

// Shows what a running daemon does, anew each second, until a key or a signal ends it: on a terminal as a
// screen of its own, elsewhere once, as text; as JSON a line each. Returns the exit code.
int top_command(const TopOptions& options);

}  // namespace weir::server
