#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <unordered_set>

#include "lb/base/address.h"

namespace weir::bench {

// The process on this machine that listens on a loopback address or a unix socket; of a master and its
// workers the master. Absent: the address is elsewhere, nobody listens, or it is not for us to see.
std::optional<pid_t> listener_process(const base::SocketAddress& address);

// The inodes of the sockets that listen on `address`, or on its port of all addresses, from the text of
// /proc/net/tcp or tcp6 (proc(5)).
std::unordered_set<std::string> listening_inodes(const std::string& table,
                                                 const base::SocketAddress& address);

}  // namespace weir::bench
