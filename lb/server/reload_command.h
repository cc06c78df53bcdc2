#pragma once

#include <string>

#include "lb/server/admin_call.h"

// The commands by which a running daemon reads its configuration again.
namespace weir::server {

struct ReloadOptions : AdminOptions {
  std::string confirm;  // "60s"; empty: it need not be confirmed
};

// Prints what has changed, or why it was refused, which is exit code 1.
int reload_command(const ReloadOptions& options);
int confirm_command(const AdminOptions& options);

}  // namespace weir::server
