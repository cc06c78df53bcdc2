#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "lb/base/clock.h"
#include "lb/observe/counter.h"
#include "lb/observe/latency_buckets.h"

// How long things take, counted in buckets. One writer.
namespace weir::observe {

inline constexpr std::size_t kCacheLine = 64;

// As many counters as it is asked for, on cache lines that nothing else stands on.
class CounterArray {
 public:
  explicit CounterArray(std::size_t size)
      : counters_(new(kAlignment) Counter[(size + kInLine - 1) / kInLine * kInLine]) {}

  Counter& operator[](std::size_t i) { return counters_[i]; }
  const Counter& operator[](std::size_t i) const { return counters_[i]; }

 private:
  static constexpr std::align_val_t kAlignment{kCacheLine};
  static constexpr std::size_t kInLine = kCacheLine / sizeof(Counter);
  static_assert(std::is_trivially_destructible_v<Counter>);
  struct Free {
    void operator()(Counter* counters) const { ::operator delete[](counters, kAlignment); }
  };

  std::unique_ptr<Counter[], Free> counters_;
};

class Histogram {
 public:
  explicit Histogram(std::shared_ptr<const LatencyBuckets> buckets)
      : buckets_(std::move(buckets)), counts_(buckets_->size()) {}

  // A negative duration (a clock that was asked twice within one turn of the loop) counts as none.
  void observe(base::Duration taken) {
    const auto nanoseconds = static_cast<std::uint64_t>(taken.count() > 0 ? taken.count() : 0);
    counts_[buckets_->of(nanoseconds)].add();
    sum_.add(nanoseconds);
  }
  const LatencyBuckets& buckets() const { return *buckets_; }
  std::uint64_t in_bucket(std::size_t bucket) const { return counts_[bucket].value(); }
  std::uint64_t sum() const { return sum_.value(); }  // nanoseconds

 private:
  std::shared_ptr<const LatencyBuckets> buckets_;
  CounterArray counts_;
  Counter sum_;
};

}  // namespace weir::observe
