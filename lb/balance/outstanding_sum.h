#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "lb/balance/target_set.h"

namespace weir::balance {

// The outstanding requests of a pool, of all workers: what the bound of consistent hashing is measured by.
//
// It is kept by difference: for each candidate what was last seen of it, and the sum of that. So one addition
// to a shared counter at each change is all it costs; adding up the candidates at a pick would be O(n), a sum
// of each worker would have to be read from all. What a worker that still works with another set has missed
// is made good by the next look at the same candidate. Any thread.
class OutstandingSum {
 public:
  OutstandingSum(std::span<const Candidate> candidates, std::size_t slots) : seen_(slots) {
    for (const Candidate& candidate : candidates) look(candidate);
  }

  // Fetches what look() will write.
  void prefetch(Slot slot) const { __builtin_prefetch(&seen_[slot], 1); }

  void look(const Candidate& candidate) {
    const std::uint32_t now = candidate.load->outstanding.load(std::memory_order_relaxed);
    const std::uint32_t before = seen_[candidate.slot].exchange(now, std::memory_order_relaxed);
    if (now != before) sum_.fetch_add(std::int64_t{now} - before, std::memory_order_relaxed);
  }

  std::uint64_t value() const {
    const std::int64_t sum = sum_.load(std::memory_order_relaxed);
    return sum < 0 ? 0 : static_cast<std::uint64_t>(sum);
  }

 private:
  std::vector<std::atomic<std::uint32_t>> seen_;  // by slot
  alignas(64) std::atomic<std::int64_t> sum_{0};
};

}  // namespace weir::balance
