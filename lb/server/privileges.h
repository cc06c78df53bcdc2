#pragma once

#include <expected>

#include "lb/model/snapshot.h"
#include "lb/server/start_error.h"

namespace weir::server {

// Becomes `process.user` (its groups, then itself) for good. Before any thread is started.
std::expected<void, StartError> drop_privileges(const model::Process& process);

}  // namespace weir::server
