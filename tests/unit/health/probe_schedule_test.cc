#include "lb/health/probe_schedule.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace std::chrono_literals;
using weir::base::Duration;
using weir::base::Instant;
using weir::base::Random;
using weir::health::ProbeSchedule;
using weir::model::HealthCheck;

namespace {

constexpr Instant kScheduleStart{1h};

HealthCheck paced(std::chrono::milliseconds interval, std::chrono::milliseconds fast, std::uint32_t jitter) {
  HealthCheck check;
  check.interval = interval;
  check.fast_interval = fast;
  check.jitter_percent = jitter;
  return check;
}

// A schedule that is past its first two probes.
ProbeSchedule steady(Instant now, const HealthCheck& check, Random& random) {
  ProbeSchedule schedule(now - 10h);
  schedule.started(now - 10h, check, false, random);
  schedule.started(now, check, false, random);
  return schedule;
}

}  // namespace

TEST_CASE("the first probe is due at once, at either pace") {
  const ProbeSchedule schedule(kScheduleStart);
  CHECK(schedule.due(paced(5s, 1s, 10), false) == kScheduleStart);
  CHECK(schedule.due(paced(5s, 1s, 10), true) == kScheduleStart);
}

TEST_CASE("targets that were registered together spread evenly over the interval with their second probe") {
  const HealthCheck check = paced(5s, 1s, 10);
  for (const bool changing : {false, true}) {
    CAPTURE(changing);
    const Duration interval = changing ? 1s : 5s;
    Random random(1);
    std::vector<int> tenths(10);
    for (int i = 0; i < 10'000; ++i) {
      ProbeSchedule schedule(kScheduleStart);
      schedule.started(kScheduleStart, check, changing, random);
      const Duration wait = schedule.due(check, changing) - kScheduleStart;
      REQUIRE(wait >= 0s);
      REQUIRE(wait < interval);
      ++tenths[static_cast<std::size_t>(wait * 10 / interval)];
    }
    // Binomial: 1000 expected, a standard deviation of 30.
    CHECK(*std::ranges::min_element(tenths) > 850);
    CHECK(*std::ranges::max_element(tenths) < 1150);
  }
}

TEST_CASE("from then on one interval lies between starts, give or take the jitter") {
  struct Row {
    std::uint32_t jitter;
    Duration shortest, longest;
  };
  const Row rows[] = {{0, 5s, 5s}, {10, 4500ms, 5500ms}, {50, 2500ms, 7500ms}, {100, 0s, 10s}};
  for (const Row& row : rows) {
    CAPTURE(row.jitter);
    const HealthCheck check = paced(5s, 1s, row.jitter);
    Random random(2);
    ProbeSchedule schedule = steady(kScheduleStart, check, random);
    Instant now = kScheduleStart;
    Duration shortest = 1h;
    Duration longest = 0s;
    for (int i = 0; i < 5000; ++i) {
      const Instant due = schedule.due(check, false);
      shortest = std::min(shortest, due - now);
      longest = std::max(longest, due - now);
      now = due;
      schedule.started(now, check, false, random);
    }
    CHECK(shortest >= row.shortest);
    CHECK(longest <= row.longest);
    const Duration tenth = (row.longest - row.shortest) / 10;  // all of the range is used
    CHECK(shortest <= row.shortest + tenth);
    CHECK(longest >= row.longest - tenth);
    const double mean = static_cast<double>((now - kScheduleStart).count()) / 5000;
    CHECK(std::abs(mean / 5e9 - 1) < 0.03);
  }
}

TEST_CASE("a change of pace moves the next probe, forwards and back") {
  const HealthCheck check = paced(5s, 1s, 0);
  Random random(3);
  const ProbeSchedule schedule = steady(kScheduleStart, check, random);
  CHECK(schedule.due(check, false) == kScheduleStart + 5s);
  CHECK(schedule.due(check, true) == kScheduleStart + 1s);
  CHECK(schedule.due(check, false) == kScheduleStart + 5s);
}

TEST_CASE("a fast interval longer than the interval is none") {
  const HealthCheck check = paced(1s, 5s, 0);
  Random random(3);
  CHECK(steady(kScheduleStart, check, random).due(check, true) == kScheduleStart + 1s);
}

TEST_CASE("small delays of the loop do not add up") {
  const HealthCheck check = paced(1s, 1s, 0);
  Random random(4);
  ProbeSchedule schedule = steady(kScheduleStart, check, random);
  for (int i = 1; i <= 1000; ++i) {
    const Instant due = schedule.due(check, false);
    REQUIRE(due == kScheduleStart + i * 1s);
    schedule.started(due + 8ms, check, false, random);
  }
}

TEST_CASE("a start that comes long after its time moves those behind it, so that they keep their distance") {
  const HealthCheck check = paced(1s, 1s, 0);
  Random random(5);
  ProbeSchedule schedule = steady(kScheduleStart, check, random);
  schedule.started(kScheduleStart + 3s, check, false, random);
  CHECK(schedule.due(check, false) == kScheduleStart + 4s);
}

TEST_CASE("how long an answer takes shifts nothing, since only starts are counted") {
  const HealthCheck check = paced(1s, 1s, 0);
  Random random(6);
  ProbeSchedule schedule = steady(kScheduleStart, check, random);
  const Instant next = schedule.due(check, false);
  // The probe ends 900 ms later; nothing tells the schedule, so nothing can change.
  CHECK(schedule.due(check, false) == next);
  schedule.started(next, check, false, random);
  CHECK(schedule.due(check, false) == next + 1s);
}
