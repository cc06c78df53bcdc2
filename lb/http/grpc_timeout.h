#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lb/base/clock.h"

// grpc-timeout: how long the client waits for a call, from when it sent it (gRPC's PROTOCOL-HTTP2.md).
namespace weir::http {

// What is longer is read as this: it can be added to any Instant.
inline constexpr base::Duration kLongestGrpcTimeout = std::chrono::hours(24 * 365);

// One to eight digits and a unit, not 0. Absent: not that; as if the client had sent none.
std::optional<base::Duration> read_grpc_timeout(std::string_view value);

// In the finest unit that has room for it, rounded up: nothing gives up before the client does. What is not
// above 0 becomes "1n".
std::string grpc_timeout_text(base::Duration timeout);

}  // namespace weir::http
