#include "lb/balance/load.h"

#include <doctest/doctest.h>

#include <cmath>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using weir::balance::Load;
using weir::balance::PeakAverage;
using weir::base::Instant;

namespace {

double milliseconds(const PeakAverage& average, Instant now) {
  return std::chrono::duration<double, std::milli>(average.value(now)).count();
}

}  // namespace

TEST_CASE("a peak replaces the average, what is below draws it down within about 10 s") {
  const Instant start{1h};
  PeakAverage average;
  CHECK(average.value(start) == 0ns);
  average.add(10ms, start);
  CHECK(milliseconds(average, start) == doctest::Approx(10));
  average.add(50ms, start);
  CHECK(milliseconds(average, start) == doctest::Approx(50));
  average.add(10ms, start);
  CHECK(milliseconds(average, start) == doctest::Approx(50));
  average.add(10ms, start + 10s);
  CHECK(milliseconds(average, start + 10s) == doctest::Approx(10 + 40 * std::exp(-1)));
  average.add(10ms, start + 9s);  // by a clock that lags
  CHECK(milliseconds(average, start + 10s) == doctest::Approx(10 + 40 * std::exp(-1)));
}

TEST_CASE("an average without new samples holds for 10 s, then fades, but never to no sample") {
  const Instant start{1h};
  PeakAverage average;
  average.add(100ms, start);
  CHECK(milliseconds(average, start + 10s) == doctest::Approx(100));
  CHECK(milliseconds(average, start + 20s) == doctest::Approx(100 * std::exp(-1)));
  CHECK(average.value(start + 1h).count() == 1);
}

TEST_CASE("slots are taken up to the limit and never over it, by many threads") {
  Load load;
  load.limit = 7;
  std::atomic<int> over{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 20'000; ++k) {
        if (!load.take()) continue;
        if (load.outstanding.load() > 7) ++over;
        load.give_back();
      }
    });
  }
  threads.clear();
  CHECK(over == 0);
  CHECK(load.outstanding == 0);
  for (int i = 0; i < 7; ++i) CHECK(load.take());
  CHECK(load.full());
  CHECK(!load.take());
}
