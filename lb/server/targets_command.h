#pragma once

#include <string>

#include "lb/server/admin_call.h"

// `weir targets`.
namespace weir::server {

struct TargetsOptions : AdminOptions {
  std::string group;  // empty: all
};

// Prints the targets of a running daemon with their health, as a table or as its JSON. Returns the exit code.
int targets_command(const TargetsOptions& options);

}  // namespace weir::server
