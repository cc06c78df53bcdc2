#pragma once

#include <expected>
#include <string>
#include <vector>

#include "lb/base/address.h"

namespace weir::net {

// The addresses of "10.0.0.1:80", "[::1]:80", "unix:/path" or "name:80"; at least one. Names are looked up by
// the system, and the call waits for that: for commands, never for the daemon. The error is one line.
std::expected<std::vector<base::SocketAddress>, std::string> look_up(const std::string& text);

}  // namespace weir::net
