#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "lb/base/clock.h"

namespace weir::bench {

// Latencies of any number of requests in a fixed amount of memory: buckets that grow with the values, 128 to
// each power of two of nanoseconds, so that what is read back is at most 1 % too high (the idea of
// HdrHistogram, G. Tene). One thread; threads have one each, which are merged at the end.
class Latencies {
 public:
  // Negative ones count as 0, those over an hour as one hour.
  void record(base::Duration latency);
  void merge(const Latencies& other);

  std::uint64_t count() const { return count_; }
  // Of no latencies all of these are 0.
  base::Duration least() const;
  base::Duration most() const { return base::Duration(most_); }
  base::Duration mean() const;
  // The latency that `share` of all, from 0 to 1, do not exceed.
  base::Duration at(double share) const;

 private:
  static constexpr std::uint64_t kMost = 3'600'000'000'000;  // an hour
  static constexpr std::size_t kLinear = 128;  // buckets of one nanosecond, then of each power of two
  static constexpr std::size_t kBuckets = 36 * kLinear;
  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t highest_in(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t least_ = kMost;
  std::uint64_t most_ = 0;
  double sum_ = 0;
};

// Those that reports name: in JSON, and as a share.
inline constexpr std::array<std::pair<std::string_view, double>, 7> kPercentiles{{
    {"p50", 0.5},
    {"p75", 0.75},
    {"p90", 0.9},
    {"p95", 0.95},
    {"p99", 0.99},
    {"p99_9", 0.999},
    {"p99_99", 0.9999},
}};

}  // namespace weir::bench
