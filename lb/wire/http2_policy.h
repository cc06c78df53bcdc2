#pragma once

#include <cstdint>
#include <optional>

#include "lb/base/clock.h"

namespace weir::wire {

// How weir speaks HTTP/2 on a connection, whichever its side; the settings of a listener or target group.
//
// The windows bound what weir may have to keep of a peer's content while the other side takes nothing: of
// each stream `stream_window`, of all together `connection_window`. 64 KiB a stream is what a paused HTTP/1
// connection holds too (StreamHandler::kHighMark). A stream whose content is taken as it comes is given more,
// up to `largest_window`, since a window bounds its speed to a window per round trip.
struct Http2Policy {
  std::uint32_t streams = 128;            // that the peer may have open; of a target: that weir opens
  std::uint64_t header_list = 64 * 1024;  // bytes of a head's fields, each with the 32 of RFC 9113 6.5.2
  std::uint32_t resets_per_second = 100;  // of the peer, before its connection ends
  std::uint32_t stream_window = 64 * 1024;
  std::uint32_t largest_window = 512 * 1024;
  std::uint32_t connection_window = 1024 * 1024;
  // Of a client: a PING after as long without a byte of the target while exchanges are under way. Absent:
  // only once a response is late. Servers of gRPC take PINGs more often than every five minutes for a flood.
  std::optional<base::Duration> ping;
  bool extended_connect = true;  // RFC 8441, of a server
};

}  // namespace weir::wire
