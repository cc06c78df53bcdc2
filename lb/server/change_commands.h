#pragma once

#include <string>

#include "lb/admin/command_call.h"
#include "lb/server/admin_call.h"

// The commands that change a running daemon: `weir register`, `deregister`, `drain`, `undrain` and `zone`.
// Each prints one line about what happens next, or the daemon's answer as JSON, and returns the exit code.
namespace weir::server {

struct TargetOptions : AdminOptions {
  std::string group;
  std::string target;  // an address or an id
};

struct RegisterOptions : AdminOptions {
  admin::RegisterOptions what;
};

struct ZoneOptions : AdminOptions {
  admin::ShiftOptions what;
};

int register_command(const RegisterOptions& options);
int deregister_command(const TargetOptions& options);
int drain_command(const TargetOptions& options);
int undrain_command(const TargetOptions& options);
int shift_command(const ZoneOptions& options);
int unshift_command(const ZoneOptions& options);

}  // namespace weir::server
