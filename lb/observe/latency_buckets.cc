#include "lb/observe/latency_buckets.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace weir::observe {

LatencyBuckets::LatencyBuckets(std::span<const std::uint64_t> bounds)
    : bounds_(bounds.begin(), bounds.end()) {
  ends_.fill(std::numeric_limits<std::uint64_t>::max());
  std::ranges::copy(bounds, ends_.begin());
  for (std::size_t width = 1; width < first_.size(); ++width) {
    first_[width] = static_cast<std::uint8_t>(
        std::ranges::lower_bound(bounds_, std::uint64_t{1} << (width - 1)) - bounds_.begin());
  }
}

std::shared_ptr<const LatencyBuckets> LatencyBuckets::make(std::span<const std::uint64_t> bounds) {
  const bool ascending = std::ranges::adjacent_find(bounds, std::greater_equal()) == bounds.end();
  if (bounds.empty() || bounds.size() > model::kMostLatencyBounds || !ascending) return nullptr;
  return std::shared_ptr<const LatencyBuckets>(new LatencyBuckets(bounds));
}

std::shared_ptr<const LatencyBuckets> LatencyBuckets::make(const model::LatencyBounds& bounds) {
  LatencyBounds nanoseconds;
  for (const std::chrono::nanoseconds bound : bounds) {
    nanoseconds.push_back(static_cast<std::uint64_t>(bound.count()));
  }
  return make(nanoseconds);
}

const std::shared_ptr<const LatencyBuckets>& LatencyBuckets::usual() {
  static const auto buckets = make(model::usual_latency_bounds());
  return buckets;
}

std::vector<std::uint64_t> rebucketed(std::span<const std::uint64_t> counts, const LatencyBounds& from,
                                      const LatencyBounds& to) {
  if (from == to) return {counts.begin(), counts.end()};
  std::vector<std::uint64_t> result(to.size() + 1);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto bucket = i < from.size() ? std::ranges::lower_bound(to, from[i]) : to.end();
    result[static_cast<std::size_t>(bucket - to.begin())] += counts[i];
  }
  return result;
}

}  // namespace weir::observe
