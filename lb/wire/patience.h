#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "lb/base/clock.h"

// How long a connection waits, whichever version of HTTP it speaks.
namespace weir::wire {

// How long the rest of what a peer sends is read after our FIN (RFC 9112 9.6): closing with bytes unread
// would reset the connection, and the peer could lose the answer. The most that a GOAWAY waits for the
// socket, too.
inline constexpr base::Duration kLinger = std::chrono::seconds(3);

// A body has to bring this many bytes in this time, while weir takes them.
inline constexpr base::Duration kRateWindow = std::chrono::seconds(30);
inline constexpr std::uint64_t kRateBytes = 240 * 30;

// Never, without a wait or with a beginning that has not come.
inline base::Instant after(base::Instant from, const std::optional<base::Duration>& wait) {
  return wait && from != base::kNever ? from + *wait : base::kNever;
}

}  // namespace weir::wire
