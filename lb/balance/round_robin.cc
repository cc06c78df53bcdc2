#include "lb/balance/round_robin.h"

#include <algorithm>

namespace weir::balance {

RoundRobin::RoundRobin(std::span<const std::uint32_t> weights, base::Random& random) {
  heap_.reserve(weights.size());
  skipped_.reserve(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;
    const double step = 1.0 / weights[i];
    const double phase = static_cast<double>(random.next() >> 11) * 0x1.0p-53;
    heap_.push_back({step * phase, step, i});
  }
  std::ranges::make_heap(heap_, later);
}

// Restores the heap below `at`, whose deadline has grown.
void RoundRobin::sink(std::size_t at) {
  const Entry entry = heap_[at];
  for (std::size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
    if (child + 1 < heap_.size() && heap_[child + 1].deadline < heap_[child].deadline) ++child;
    if (heap_[child].deadline >= entry.deadline) break;
    heap_[at] = heap_[child];
    at = child;
  }
  heap_[at] = entry;
}

std::optional<std::size_t> RoundRobin::pick(std::span<const std::size_t> tried) {
  std::optional<std::size_t> picked;
  while (!heap_.empty()) {
    Entry& first = heap_.front();
    if (std::ranges::find(tried, first.index) == tried.end()) {
      picked = first.index;
      first.deadline += first.step;
      sink(0);
      break;
    }
    std::ranges::pop_heap(heap_, later);
    skipped_.push_back(heap_.back());
    heap_.pop_back();
  }
  for (const Entry& entry : skipped_) {
    heap_.push_back(entry);
    std::ranges::push_heap(heap_, later);
  }
  skipped_.clear();
  return picked;
}

}  // namespace weir::balance
