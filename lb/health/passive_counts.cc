#include "lb/health/passive_counts.h"

#include <algorithm>

namespace weir::health {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

// For a counter with a single writer: no locked instruction.
void add_one(std::atomic<std::uint64_t>& counter) { counter.store(counter.load(kRelaxed) + 1, kRelaxed); }

}  // namespace

PassiveCounts::PassiveCounts(unsigned workers)
    : workers_(workers), lines_(std::make_unique<Line[]>(workers)) {}

constexpr PassiveCounts::Rows PassiveCounts::lengthened(Rows rows, PassiveKind kind) {
  if (kind == PassiveKind::answered) return (rows & ~kCountMask) + (Rows{1} << kAnsweredShift);
  return rows + 1;
}

bool PassiveCounts::failure(unsigned worker, PassiveKind kind, std::uint32_t threshold,
                            std::uint32_t generation) {
  Rows rows = rows_.load(kRelaxed);
  if (generation_of(rows) != generation) return false;
  add_one(lines_[worker].requests);
  const unsigned shift = kind == PassiveKind::answered ? kAnsweredShift : 0;
  const Rows enough = threshold == 0 ? 0 : std::min(threshold, kMostThreshold);
  // Once told, the rows stand still until the next generation.
  while (generation_of(rows) == generation && (rows & kTold) == 0) {
    if ((rows >> shift & kCountMask) == kCountMask) return false;  // threshold 0, for very long
    Rows after = lengthened(rows, kind);
    const bool reached = enough != 0 && (after >> shift & kCountMask) >= enough;
    if (reached) after |= kTold;
    if (rows_.compare_exchange_weak(rows, after, kRelaxed)) return reached;
  }
  return false;
}

void PassiveCounts::success(unsigned worker, std::uint32_t generation) {
  Rows rows = rows_.load(kRelaxed);
  if (generation_of(rows) != generation) return;
  add_one(lines_[worker].requests);
  add_one(lines_[worker].successes);
  while (generation_of(rows) == generation && (rows & kCounts) != 0 && (rows & kTold) == 0) {
    if (rows_.compare_exchange_weak(rows, rows & ~kCounts, kRelaxed)) return;
  }
}

void PassiveCounts::next_generation() {
  Rows rows = rows_.load(kRelaxed);
  while (!rows_.compare_exchange_weak(rows, ((rows >> kGenerationShift) + 1) << kGenerationShift, kRelaxed)) {
  }
}

PassiveCounts::Window PassiveCounts::totals() const {
  Window sum;
  for (unsigned worker = 0; worker < workers_; ++worker) {
    sum.requests += lines_[worker].requests.load(kRelaxed);
    sum.successes += lines_[worker].successes.load(kRelaxed);
  }
  return sum;
}

}  // namespace weir::health
