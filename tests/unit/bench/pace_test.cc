#include "bench/load/pace.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using weir::base::Duration;
using weir::bench::Pace;

TEST_CASE("requests of a constant rate are due at even distances") {
  const Pace pace{.from = 1000, .to = 1000};
  CHECK(pace.due(0) == 0ns);
  CHECK(pace.due(1) == 1ms);
  CHECK(pace.due(2500) == 2500ms);
  CHECK(pace.due(100'000'000) == 100'000s);
}

TEST_CASE("requests that are closer together than a tick of 100 microseconds are due in groups") {
  const Pace pace{.from = 40'000, .to = 40'000};
  int groups = 0;
  Duration last{-1};
  for (std::uint64_t number = 0; number < 40'000; ++number) {
    const Duration due = pace.due(number);
    REQUIRE(due % 100us == 0ns);
    REQUIRE(std::chrono::abs(due - static_cast<std::int64_t>(number) * 25us) <= 50us);
    groups += due != last ? 1 : 0;
    last = due;
  }
  CHECK(groups <= 10'001);
}

TEST_CASE("a ramp grows evenly between its rates, and the last rate goes on") {
  const Pace pace{.from = 100, .to = 300, .ramp_begin = 2s, .ramp = 10s};
  CHECK(pace.due(200) == 2s);  // 2 s at 100 before the ramp
  // Inside it n(t) = 100 t + 10 t^2: 5 s give 750 requests, 10 s give 2000.
  CHECK(pace.due(200 + 750) == 7s);
  CHECK(pace.due(200 + 2000) == 12s);
  CHECK(pace.due(200 + 2000 + 300) == 13s);
}

TEST_CASE("a ramp may fall") {
  const Pace pace{.from = 300, .to = 100, .ramp_begin = 0s, .ramp = 10s};
  // n(t) = 300 t - 10 t^2: 5 s give 1250 requests, 10 s give 2000.
  CHECK(pace.due(1250) == 5s);
  CHECK(pace.due(2000) == 10s);
  CHECK(pace.due(2100) == 11s);
}

TEST_CASE("no request of a ramp is due before the one ahead of it") {
  const Pace pace{.from = 7, .to = 9001, .ramp_begin = 130ms, .ramp = 777ms};
  Duration last{-1};
  for (std::uint64_t number = 0; number < 8000; ++number) {
    const Duration due = pace.due(number);
    REQUIRE(due >= last);
    last = due;
  }
}
