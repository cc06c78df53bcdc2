#pragma once

#include <expected>
#include <string>
#include <vector>

#include "lb/model/snapshot.h"
#include "lb/server/start_error.h"

namespace weir::server {

// Becomes `process.user` (its groups, then itself) for good; the files of unix sockets are the user's and its
// group's from then on. Before any thread is started.
std::expected<void, StartError> drop_privileges(const model::Process& process,
                                                const std::vector<std::string>& socket_files);

}  // namespace weir::server
