#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace weir::health {

// Two kinds of failures, counted in rows of their own: for a failed connection an active check is a
// counterproof, for a bad answer it is not.
enum class PassiveKind : std::uint8_t {
  local,     // connect failure, reset, timeout
  answered,  // 5xx from the target
};

// What the traffic says about one target: its failures in a row, and its share of successes. Owned by the
// target's state, which outlives every attempt. Any thread; nobody waits. A success with nothing to reset
// costs one relaxed load of what is shared and two stores to the worker's own cache line.
//
// Rows belong to a generation: an attempt reads it when it begins and brings it back with its outcome. Each
// ejection and each end of one begins the next, so that what was under way before counts no more and the next
// ejection needs its full row, whatever comes in late (envoy#40697).
class PassiveCounts {
 public:
  static constexpr std::uint32_t kMostThreshold = (1U << 20) - 1;

  explicit PassiveCounts(unsigned workers);

  std::uint32_t generation() const { return generation_of(rows_.load(std::memory_order_relaxed)); }

  // An attempt of `generation` has failed. True: that made the row of `kind` as long as `threshold`; of all
  // callers in a generation one is told. A bad answer ends the local row, since the connection worked; a
  // local failure leaves the answered row alone. A threshold of 0 is never reached, one over kMostThreshold
  // counts as that.
  bool failure(unsigned worker, PassiveKind kind, std::uint32_t threshold, std::uint32_t generation);
  // Ends both rows.
  void success(unsigned worker, std::uint32_t generation);

  // By the control thread: when it ejects the target, when that ends, and when it may not eject it, so that
  // another row is told again.
  void next_generation();

  // Outcomes since the beginning, those of past generations left out.
  struct Window {
    std::uint64_t requests = 0;
    std::uint64_t successes = 0;
  };
  Window totals() const;

 private:
  // generation (23 bits) | told (1) | answered (20) | local (20): one word, so that a row, its end and its
  // generation change together.
  using Rows = std::uint64_t;
  static constexpr unsigned kCountBits = 20;
  static constexpr Rows kCountMask = (Rows{1} << kCountBits) - 1;
  static constexpr unsigned kAnsweredShift = kCountBits;
  static constexpr Rows kCounts = kCountMask | kCountMask << kAnsweredShift;
  static constexpr Rows kTold = Rows{1} << (2 * kCountBits);
  static constexpr unsigned kGenerationShift = 2 * kCountBits + 1;
  static constexpr std::uint32_t generation_of(Rows rows) {
    return static_cast<std::uint32_t>(rows >> kGenerationShift);
  }
  static constexpr Rows lengthened(Rows rows, PassiveKind kind);

  // Written by one worker only.
  struct alignas(64) Line {
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> successes{0};
  };

  alignas(64) std::atomic<Rows> rows_{0};
  unsigned workers_;
  std::unique_ptr<Line[]> lines_;
};

}  // namespace weir::health
