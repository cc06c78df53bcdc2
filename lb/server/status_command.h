#pragma once

#include "lb/server/admin_call.h"

// `weir status`.
namespace weir::server {

// Prints what a running daemon does, as tables or as its JSON. Returns the exit code: 0, or 1 with one line
// on stderr if there was no proper answer.
int status_command(const AdminOptions& options);

}  // namespace weir::server
