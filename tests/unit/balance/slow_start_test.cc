#include "lb/balance/slow_start.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using weir::balance::ramp;
using weir::balance::ramped_limit;
using weir::balance::ramps;

TEST_CASE("the ramp is a straight line from a tenth up to all") {
  CHECK(ramp(0s, 100s) == doctest::Approx(0.1));
  CHECK(ramp(-1s, 100s) == doctest::Approx(0.1));
  CHECK(ramp(5s, 100s) == doctest::Approx(0.1));
  CHECK(ramp(50s, 100s) == doctest::Approx(0.5));
  CHECK(ramp(99s, 100s) == doctest::Approx(0.99));
  CHECK(ramp(100s, 100s) == 1);
  CHECK(ramp(0s, 0s) == 1);
}

TEST_CASE("only a target that joins a warm one starts slowly") {
  CHECK(ramps(30s, 1));
  CHECK(!ramps(30s, 0));
  CHECK(!ramps(0s, 5));
}

TEST_CASE("the limit rises with the ramp and is never 0") {
  CHECK(ramped_limit(10, 0.1) == 1);
  CHECK(ramped_limit(10, 0.15) == 2);
  CHECK(ramped_limit(10, 1) == 10);
  CHECK(ramped_limit(1, 0.1) == 1);
  CHECK(ramped_limit(weir::balance::Load::kUnlimited, 0.1) == weir::balance::Load::kUnlimited);
}
