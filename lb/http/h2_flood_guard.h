#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "lb/base/clock.h"

// Frames that cost a peer next to nothing and weir something, counted per second: what is far beyond
// any honest use ends the connection with ENHANCE_YOUR_CALM (RFC 9113 10.5). Peers answer what they get with
// WINDOW_UPDATEs and PINGs (gRPC measures the path with one a round trip), so that DATA that was sent allows
// more of these. One per connection, kept small. Time comes in.
namespace weir::http {

enum class H2Flood : std::uint8_t {
  none,
  resets,  // streams that the client gave up before their answer, or that weir reset for what the client did
           // (CVE-2023-44487)
  settings,        // CVE-2019-9515
  pings,           // CVE-2019-9512
  empty_data,      // DATA without content and without END_STREAM (CVE-2019-9518)
  window_updates,  // by less than 256 bytes
  priorities,      // CVE-2019-9513 and PRIORITY_UPDATE
  unknown_frames,
  late_frames,    // on streams that are over, or were never accepted
  continuations,  // of one header block (CVE-2024-27316); the last one
};

std::string_view to_string(H2Flood flood);  // "reset_flood", ...

class H2FloodGuard {
 public:
  static constexpr std::uint32_t kTinyWindowUpdate = 256;

  explicit H2FloodGuard(std::uint32_t resets_per_second = 100) : most_resets_(resets_per_second) {}

  // A DATA frame was sent.
  void sent_data() { ++sent_; }
  // Counts one; `none` is not counted. False: too many within the second.
  [[nodiscard]] bool count(H2Flood kind, base::Instant now);

  // A header block of these many bytes so far in this many CONTINUATION frames, some of them empty
  // perhaps.
  // `most_bytes` is what the block of an acceptable head may take.
  static bool block_is_fine(std::uint64_t bytes, std::uint32_t continuations, std::uint64_t most_bytes);

 private:
  std::uint64_t most(H2Flood kind) const;

  std::uint32_t most_resets_;
  std::uint32_t second_ = 0;
  std::uint32_t sent_ = 0;         // in this second
  std::uint32_t sent_before_ = 0;  // in the one before
  std::array<std::uint32_t, static_cast<std::size_t>(H2Flood::continuations)> counts_{};
};

}  // namespace weir::http
