#include "lb/http/h2_flood_guard.h"

#include <chrono>
#include <limits>

#include "lb/http/h2_frame.h"

namespace weir::http {
namespace {

constexpr std::size_t kCounted = static_cast<std::size_t>(H2Flood::continuations);

// Within a second, in the order of the kinds. Browsers and gRPC clients stay far below: at most a few PING
// and SETTINGS, and a WINDOW_UPDATE for every piece that they read. Resets are configured.
constexpr std::array<std::uint16_t, kCounted> kMost{0, 0, 20, 100, 200, 2000, 1000, 100};

// Pieces that are as long as they have to be may be followed by some that are not.
constexpr std::uint64_t kSpareContinuations = 8;

}  // namespace

std::string_view to_string(H2Flood flood) {
  switch (flood) {
    case H2Flood::none: return "none";
    case H2Flood::resets: return "reset_flood";
    case H2Flood::settings: return "settings_flood";
    case H2Flood::pings: return "ping_flood";
    case H2Flood::empty_data: return "empty_data_flood";
    case H2Flood::window_updates: return "window_update_flood";
    case H2Flood::priorities: return "priority_flood";
    case H2Flood::unknown_frames: return "unknown_frame_flood";
    case H2Flood::continuations: return "continuation_flood";
  }
  return "none";
}

bool H2FloodGuard::count(H2Flood kind, base::Instant now) {
  const auto second = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  if (second != second_) {
    second_ = second;
    counts_ = {};
  }
  std::uint16_t& counted = counts_[static_cast<std::size_t>(kind)];
  if (counted != std::numeric_limits<std::uint16_t>::max()) ++counted;
  return counted <= (kind == H2Flood::resets ? most_resets_ : kMost[static_cast<std::size_t>(kind)]);
}

bool H2FloodGuard::block_is_fine(std::uint64_t bytes, std::uint32_t continuations, std::uint64_t most_bytes) {
  return bytes <= most_bytes && continuations <= kSpareContinuations + most_bytes / kH2MinMaxFrame;
}

}  // namespace weir::http
