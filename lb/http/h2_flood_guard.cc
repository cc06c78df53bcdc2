#include "lb/http/h2_flood_guard.h"

#include <chrono>
#include <limits>

#include "lb/http/h2_frame.h"

namespace weir::http {
namespace {

constexpr std::size_t kCounted = static_cast<std::size_t>(H2Flood::continuations);

// Within a second, in the order of the kinds, and how many more for each DATA frame that was sent. Resets are
// configured.
struct Bound {
  std::uint16_t most = 0;
  std::uint16_t for_data = 0;
};
constexpr std::array<Bound, kCounted> kBounds{Bound{},       Bound{},    Bound{20},
                                              Bound{100, 2}, Bound{200}, Bound{2000, 10},
                                              Bound{1000},   Bound{100}, Bound{2000}};

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
    case H2Flood::late_frames: return "late_frame_flood";
    case H2Flood::continuations: return "continuation_flood";
  }
  return "none";
}

bool H2FloodGuard::count(H2Flood kind, base::Instant now) {
  if (kind == H2Flood::none) return true;
  const auto second = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  if (second != second_) {
    sent_before_ = second == second_ + 1 ? sent_ : 0;
    sent_ = 0;
    second_ = second;
    counts_ = {};
  }
  std::uint32_t& counted = counts_[static_cast<std::size_t>(kind)];
  if (counted != std::numeric_limits<std::uint32_t>::max()) ++counted;
  return counted <= most(kind);
}

std::uint64_t H2FloodGuard::most(H2Flood kind) const {
  if (kind == H2Flood::resets) return most_resets_;
  const Bound& bound = kBounds[static_cast<std::size_t>(kind)];
  return bound.most + bound.for_data * (std::uint64_t{sent_} + sent_before_);
}

bool H2FloodGuard::block_is_fine(std::uint64_t bytes, std::uint32_t continuations, std::uint64_t most_bytes) {
  return bytes <= most_bytes && continuations <= kSpareContinuations + most_bytes / kH2MinMaxFrame;
}

}  // namespace weir::http
