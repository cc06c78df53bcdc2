#pragma once

#include "lb/observe/metrics.h"

namespace weir::server {

observe::BuildInfo build_info();

// What `weir version` prints: also the versions of the libraries that this binary runs with.
std::string version_text();

}  // namespace weir::server
