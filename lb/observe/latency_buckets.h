#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lb/model/latency_bounds.h"

// The buckets that latencies are counted in: the same for all histograms of a process. Immutable, shared by
// all threads.
namespace weir::observe {

// Upper bounds, inclusive, in nanoseconds, ascending. Behind the last one is a bucket without a bound.
using LatencyBounds = std::vector<std::uint64_t>;

class LatencyBuckets {
 public:
  // Null: not as LatencyBounds says, none, or too many.
  static std::shared_ptr<const LatencyBuckets> make(std::span<const std::uint64_t> bounds);
  static std::shared_ptr<const LatencyBuckets> make(const model::LatencyBounds& bounds);
  // Those of a configuration that names none.
  static const std::shared_ptr<const LatencyBuckets>& usual();

  // The one that takes so many nanoseconds. Where each bound is at least twice the one before it, no more
  // than two are looked at.
  std::size_t of(std::uint64_t nanoseconds) const {
    std::size_t bucket = first_[static_cast<std::size_t>(std::bit_width(nanoseconds))];
    while (nanoseconds > ends_[bucket]) ++bucket;
    return bucket;
  }
  std::size_t size() const { return bounds_.size() + 1; }
  const LatencyBounds& bounds() const { return bounds_; }

 private:
  explicit LatencyBuckets(std::span<const std::uint64_t> bounds);

  std::array<std::uint8_t, 65>
      first_{};  // for numbers of a bit width, the first bucket that takes any of them
  std::array<std::uint64_t, model::kMostLatencyBounds + 1> ends_{};
  LatencyBounds bounds_;
};

// What was counted in buckets of the bounds `from`, in those of `to`: each bucket goes, as a whole, into the
// first that certainly has all of it. So a bound that both have has the same count below it as before, and no
// count ever goes back while those of `counts` do not.
std::vector<std::uint64_t> rebucketed(std::span<const std::uint64_t> counts, const LatencyBounds& from,
                                      const LatencyBounds& to);

}  // namespace weir::observe
