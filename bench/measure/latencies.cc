#include "bench/measure/latencies.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace weir::bench {

std::size_t Latencies::bucket_of(std::uint64_t value) {
  if (value < 2 * kLinear) return value;
  const auto shift = static_cast<std::size_t>(std::bit_width(value / (2 * kLinear)));
  return shift * kLinear + (value >> shift);
}

void Latencies::record(base::Duration latency) {
  const auto value = static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(latency.count(), 0, static_cast<std::int64_t>(kMost)));
  ++buckets_[bucket_of(value)];
  ++count_;
  least_ = std::min(least_, value);
  most_ = std::max(most_, value);
  sum_ += static_cast<double>(value);
}

void Latencies::merge(const Latencies& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  least_ = std::min(least_, other.least_);
  most_ = std::max(most_, other.most_);
  sum_ += other.sum_;
}

base::Duration Latencies::least() const { return base::Duration(count_ == 0 ? 0 : least_); }

base::Duration Latencies::mean() const {
  if (count_ == 0) return base::Duration(0);
  return base::Duration(static_cast<std::int64_t>(sum_ / static_cast<double>(count_)));
}

std::uint64_t Latencies::highest_in(std::size_t bucket) {
  if (bucket < 2 * kLinear) return bucket;
  const std::size_t shift = bucket / kLinear - 1;
  const std::uint64_t first = bucket - shift * kLinear;
  return ((first + 1) << shift) - 1;
}

base::Duration Latencies::at(double share) const {
  if (count_ == 0) return base::Duration(0);
  const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while (seen + buckets_[bucket] < rank) seen += buckets_[bucket++];
  return base::Duration(std::clamp(highest_in(bucket), least_, most_));
}

}  // namespace weir::bench
