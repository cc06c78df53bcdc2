#include "lb/observe/latency_buckets.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "lb/base/random.h"

namespace weir::observe {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

std::vector<LatencyBounds> samples() {
  std::vector<LatencyBounds> samples{
      LatencyBuckets::usual()->bounds(), {1}, {1'000}, {999, 1'000, 1'001}, {kMax}};
  LatencyBounds dense(model::kMostLatencyBounds);
  std::iota(dense.begin(), dense.end(), 1'000'000U);
  samples.push_back(dense);
  return samples;
}

std::size_t searched(const LatencyBounds& bounds, std::uint64_t value) {
  return static_cast<std::size_t>(std::ranges::lower_bound(bounds, value) - bounds.begin());
}

// Of those up to a bound.
std::uint64_t below(const std::vector<std::uint64_t>& counts, const LatencyBounds& bounds,
                    std::uint64_t bound) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bounds.size() && bounds[i] <= bound; ++i) sum += counts[i];
  return sum;
}

}  // namespace

TEST_CASE("the usual buckets go from 100 microseconds to a minute") {
  const LatencyBounds& bounds = LatencyBuckets::usual()->bounds();
  CHECK(bounds.size() == 18);
  CHECK(bounds.front() == 100'000);
  CHECK(bounds.back() == 60'000'000'000);
  CHECK(LatencyBuckets::usual()->size() == 19);
}

TEST_CASE("a bucket takes what is not longer than its bound, the bound included") {
  for (const LatencyBounds& bounds : samples()) {
    const auto buckets = LatencyBuckets::make(bounds);
    REQUIRE(buckets);
    CAPTURE(bounds.size());
    for (const std::uint64_t bound : bounds) {
      for (const std::uint64_t value : {bound - 1, bound, bound == kMax ? bound : bound + 1}) {
        CAPTURE(value);
        CHECK(buckets->of(value) == searched(bounds, value));
      }
    }
    CHECK(buckets->of(0) == 0);
    CHECK(buckets->of(kMax) == searched(bounds, kMax));
  }
}

TEST_CASE("every power of two and its neighbours fall into the bucket that a search finds") {
  for (const LatencyBounds& bounds : samples()) {
    const auto buckets = LatencyBuckets::make(bounds);
    for (int bit = 0; bit < 64; ++bit) {
      for (const std::uint64_t value :
           {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit, (std::uint64_t{1} << bit) + 1}) {
        CAPTURE(value);
        CHECK(buckets->of(value) == searched(bounds, value));
      }
    }
  }
}

TEST_CASE("bounds that do not ascend, none, and too many make no buckets") {
  CHECK(LatencyBuckets::make(LatencyBounds{}) == nullptr);
  CHECK(LatencyBuckets::make(LatencyBounds{2, 1}) == nullptr);
  CHECK(LatencyBuckets::make(LatencyBounds{1, 2, 2}) == nullptr);
  LatencyBounds many(model::kMostLatencyBounds + 1);
  std::iota(many.begin(), many.end(), 1U);
  CHECK(LatencyBuckets::make(many) == nullptr);
  many.pop_back();
  CHECK(LatencyBuckets::make(many) != nullptr);
}

TEST_CASE("what was counted in other buckets goes, as a whole, where all of it certainly belongs") {
  using Counts = std::vector<std::uint64_t>;
  const Counts counts = {1, 2, 4, 8};
  const LatencyBounds from = {10, 20, 30};
  CHECK(rebucketed(counts, from, from) == counts);
  CHECK(rebucketed(counts, from, {10, 30}) == Counts{1, 6, 8});
  CHECK(rebucketed(counts, from, {10, 15, 20, 30, 40}) == Counts{1, 0, 2, 4, 0, 8});
  CHECK(rebucketed(counts, from, {5, 25}) == Counts{0, 3, 12});
  CHECK(rebucketed({}, from, {5}) == Counts{0, 0});
  CHECK(rebucketed(counts, {}, {5}) == Counts{0, 15});
}

TEST_CASE("through any chain of buckets, no count below a bound that two in a row have is another") {
  base::Random random(3);
  const auto some_bounds = [&] {
    LatencyBounds bounds;
    for (std::uint64_t bound = 1; bound <= 12; ++bound) {
      if (random.below(2) == 0) bounds.push_back(bound);
    }
    if (bounds.empty()) bounds.push_back(13);
    return bounds;
  };
  for (int round = 0; round < 200; ++round) {
    LatencyBounds bounds = some_bounds();
    std::vector<std::uint64_t> counts(bounds.size() + 1);
    for (std::uint64_t& count : counts) count = random.below(9);
    for (int step = 0; step < 4; ++step) {
      const LatencyBounds next = some_bounds();
      const auto then = rebucketed(counts, bounds, next);
      CHECK(std::accumulate(then.begin(), then.end(), std::uint64_t{0}) ==
            std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
      for (const std::uint64_t bound : next) {
        if (std::ranges::binary_search(bounds, bound))
          CHECK(below(then, next, bound) == below(counts, bounds, bound));
      }
      bounds = next;
      counts = then;
    }
  }
}

}  // namespace weir::observe
