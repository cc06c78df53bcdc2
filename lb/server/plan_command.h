#pragma once

#include <string>
#include <vector>

#include "lb/server/admin_call.h"

// `weir plan`.
namespace weir::server {

struct PlanOptions {
  std::vector<std::string> files;  // OLD and NEW, or NEW alone: then a running daemon is asked what it has
  AdminOptions admin;              // and whether JSON is printed
};

// Prints what a reload would change, and changes nothing. Returns the exit code: 0, with changes and without;
// 1 if a file is not valid or nobody answered.
int plan_command(const PlanOptions& options);

}  // namespace weir::server
