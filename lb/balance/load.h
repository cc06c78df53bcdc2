#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "lb/base/clock.h"

namespace weir::balance {

// An average of response times that believes bad news at once and forgets it slowly (peak EWMA, as in
// Finagle): a sample above it replaces it, one below draws it down with a time constant of 10 s. Any thread;
// of two samples at the same moment one may be lost.
class PeakAverage {
 public:
  void add(base::Duration sample, base::Instant now);
  // 0: no sample yet.
  base::Duration value(base::Instant now) const;
  // Becomes what the other one is now.
  void copy(const PeakAverage& other) {
    packed_.store(other.packed_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> packed_{0};  // when, in milliseconds, and the average
};

// What all workers know of a target's work: on a cache line of its own. Owned by the target's state, which
// outlives every set that names it. Any thread, relaxed.
struct alignas(64) Load {
  static constexpr std::uint32_t kUnlimited = std::numeric_limits<std::uint32_t>::max();

  std::atomic<std::uint32_t> outstanding{0};     // requests sent and not yet wholly answered
  std::atomic<std::uint32_t> limit{kUnlimited};  // of outstanding
  PeakAverage latency;

  // Who frees a slot and then looks for somebody who waits, and who waits and then looks for a free slot,
  // must not miss each other: these two are sequentially consistent, which costs nothing more here.
  bool full() const {
    return outstanding.load(std::memory_order_seq_cst) >= limit.load(std::memory_order_relaxed);
  }
  // Takes a slot, never over the limit. False: it is full.
  bool take();
  void give_back() { outstanding.fetch_sub(1, std::memory_order_seq_cst); }
};

}  // namespace weir::balance
