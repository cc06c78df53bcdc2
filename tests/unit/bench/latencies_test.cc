#include "bench/measure/latencies.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "lb/base/random.h"

namespace weir::bench {
namespace {

using Nanoseconds = base::Duration;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr double kShares[] = {0, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1};

// The one that `share` of the sorted values do not exceed.
Nanoseconds exact(const std::vector<Nanoseconds>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

TEST_CASE("every percentile is at most one percent above the exact one, from nanoseconds to minutes") {
  for (const double spread : {1e2, 1e4, 1e6, 1e9, 1e11}) {
    CAPTURE(spread);
    base::Random random(1);
    Latencies latencies;
    std::vector<Nanoseconds> all;
    for (int i = 0; i < 100'000; ++i) {
      const double uniform = static_cast<double>(random.below(1'000'000)) / 1e6;
      all.emplace_back(static_cast<std::int64_t>(std::pow(spread, uniform)));
      latencies.record(all.back());
    }
    std::ranges::sort(all);
    for (const double share : kShares) {
      CAPTURE(share);
      const Nanoseconds truth = exact(all, share);
      CHECK(latencies.at(share) >= truth);
      CHECK(static_cast<double>(latencies.at(share).count()) <= 1.01 * static_cast<double>(truth.count()));
    }
    CHECK(latencies.least() == all.front());
    CHECK(latencies.most() == all.back());
    CHECK(latencies.count() == all.size());
  }
}

TEST_CASE("merged latencies are those of both") {
  Latencies a, b, both;
  for (int i = 1; i <= 1000; ++i) {
    (i % 3 == 0 ? a : b).record(microseconds(i * i));
    both.record(microseconds(i * i));
  }
  a.merge(b);
  CHECK(a.count() == both.count());
  CHECK(a.mean() == both.mean());
  CHECK(a.least() == both.least());
  CHECK(a.most() == both.most());
  for (const double share : kShares) CHECK(a.at(share) == both.at(share));
}

TEST_CASE("the mean is exact, and one value is every percentile") {
  Latencies latencies;
  for (const int value : {1, 2, 6}) latencies.record(milliseconds(value));
  CHECK(latencies.mean() == milliseconds(3));
  Latencies one;
  one.record(milliseconds(7));
  for (const double share : kShares) CHECK(one.at(share) == milliseconds(7));
}

TEST_CASE("what cannot be is taken for the nearest that can") {
  Latencies latencies;
  CHECK(latencies.at(0.5) == Nanoseconds(0));
  CHECK(latencies.least() == Nanoseconds(0));
  CHECK(latencies.mean() == Nanoseconds(0));
  latencies.record(milliseconds(-1));
  latencies.record(hours(5));
  CHECK(latencies.at(0) == Nanoseconds(0));
  CHECK(latencies.at(1) == hours(1));
  CHECK(latencies.at(7) == hours(1));
}

}  // namespace weir::bench
