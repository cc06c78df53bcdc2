#pragma once

#include <expected>
#include <string>
#include <vector>

#include "lb/model/snapshot.h"
#include "lb/server/start_error.h"

namespace weir::server {

// Becomes `process.user` (its groups, then itself) for good; the files of unix sockets are the user's and its
// group's from then on, and so are sockets that listen at a port: another one at that port, with which a
// listener moves from 127.0.0.1 to 0.0.0.0, has to have the same owner. Before any thread is started.
std::expected<void, StartError> drop_privileges(const model::Process& process,
                                                const std::vector<std::string>& socket_files,
                                                const std::vector<int>& port_sockets);

}  // namespace weir::server
