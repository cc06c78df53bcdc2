#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "lb/base/clock.h"
#include "lb/observe/counter.h"

// How long things take, counted in buckets whose bounds are the same for every histogram. One writer.
namespace weir::observe {

// Upper bounds, inclusive, in nanoseconds. Each is at least twice the one before it, see bucket_of().
inline constexpr std::array<std::uint64_t, 18> kLatencyBounds = {
    100'000,       250'000,       500'000,       1'000'000,      2'500'000,      5'000'000,
    10'000'000,    25'000'000,    50'000'000,    100'000'000,    250'000'000,    500'000'000,
    1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000, 30'000'000'000, 60'000'000'000,
};
inline constexpr std::size_t kLatencyBuckets = kLatencyBounds.size() + 1;  // the last has no bound

namespace detail {

// For numbers of a given bit width, the first bucket that takes any of them. Since bounds double at
// least, numbers of one width fall into this bucket or the next.
consteval std::array<std::uint8_t, 65> first_buckets() {
  std::array<std::uint8_t, 65> first{};
  for (std::size_t width = 1; width <= 64; ++width) {
    const std::uint64_t smallest = std::uint64_t{1} << (width - 1);
    std::uint8_t bucket = 0;
    while (bucket < kLatencyBounds.size() && kLatencyBounds[bucket] < smallest) ++bucket;
    first[width] = bucket;
  }
  return first;
}

consteval bool bounds_double() {
  for (std::size_t i = 1; i < kLatencyBounds.size(); ++i) {
    if (kLatencyBounds[i] < 2 * kLatencyBounds[i - 1]) return false;
  }
  return true;
}
static_assert(bounds_double());

inline constexpr auto kFirstBucket = first_buckets();

}  // namespace detail

constexpr std::size_t bucket_of(std::uint64_t nanoseconds) {
  const std::size_t first = detail::kFirstBucket[static_cast<std::size_t>(std::bit_width(nanoseconds))];
  return first + (first < kLatencyBounds.size() && nanoseconds > kLatencyBounds[first] ? 1 : 0);
}

class Histogram {
 public:
  // A negative duration (a clock that was asked twice within one turn of the loop) counts as none.
  void observe(base::Duration taken) {
    const auto nanoseconds = static_cast<std::uint64_t>(taken.count() > 0 ? taken.count() : 0);
    buckets_[bucket_of(nanoseconds)].add();
    sum_.add(nanoseconds);
  }
  std::uint64_t in_bucket(std::size_t bucket) const { return buckets_[bucket].value(); }
  std::uint64_t sum() const { return sum_.value(); }  // nanoseconds

 private:
  std::array<Counter, kLatencyBuckets> buckets_;
  Counter sum_;
};

}  // namespace weir::observe
