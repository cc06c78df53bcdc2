#include "lb/health/health_state.h"

#include <doctest/doctest.h>

#include <string_view>

#include "lb/base/random.h"

using namespace std::chrono_literals;
using weir::base::WallTime;
using weir::health::Health;
using weir::health::HealthState;
using weir::health::Phase;
using weir::health::ProbeResult;
using weir::health::ReasonCode;
using weir::model::HealthCheck;

namespace {

const WallTime kStart{1'700'000'000s};

HealthCheck thresholds(std::uint32_t healthy, std::uint32_t unhealthy) {
  HealthCheck check;
  check.healthy_threshold = healthy;
  check.unhealthy_threshold = unhealthy;
  return check;
}

ProbeResult result(bool passed, ReasonCode reason = ReasonCode::timeout, WallTime at = kStart) {
  ProbeResult result;
  result.at = at;
  if (passed) return result;
  result.phase = Phase::connect;
  result.reason = reason;
  return result;
}

char letter(const HealthState& state) { return word(state.health())[0]; }

}  // namespace

TEST_CASE("the verdict follows thresholds of results in a row") {
  struct Row {
    std::string_view what;
    std::uint32_t healthy, unhealthy;
    std::string_view results;   // + passed, - failed
    std::string_view verdicts;  // after each: initial, healthy, unhealthy
  };
  const Row rows[] = {
      {"the first pass is enough", 3, 3, "+", "h"},
      {"also behind failures that were no verdict yet", 3, 3, "--+", "iih"},
      {"failures from the beginning", 2, 3, "---", "iiu"},
      {"a threshold of one", 1, 1, "-+-+", "uhuh"},
      {"a healthy target fails for good", 2, 2, "+--", "hhu"},
      {"a mixed row counts as neither", 2, 2, "+-+-+-+", "hhhhhhh"},
      {"a mixed row brings nobody back", 2, 2, "--+-+-+", "iuuuuuu"},
      {"back after passes in a row", 3, 2, "--+++", "iuuuh"},
      {"one failure begins the passes anew", 3, 2, "--++-+++", "iuuuuuuh"},
      {"one pass begins the failures anew", 2, 3, "+--+---", "hhhhhhu"},
      {"more of the same changes nothing", 2, 2, "+++---", "hhhhuu"},
      {"a threshold of 0 is one of 1", 0, 0, "-+", "uh"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    HealthState state(kStart);
    const HealthCheck check = thresholds(row.healthy, row.unhealthy);
    for (std::size_t i = 0; i < row.results.size(); ++i) {
      CAPTURE(i);
      const Health before = state.health();
      const bool changed = state.record(result(row.results[i] == '+'), check);
      CHECK(changed == (state.health() != before));
      CHECK(letter(state) == row.verdicts[i]);
    }
  }
}

TEST_CASE("a registered target is initial, first unprobed, then without a verdict") {
  HealthState state(kStart);
  CHECK(state.health() == Health::initial);
  CHECK(state.reason() == ReasonCode::registration_in_progress);
  CHECK(state.since() == kStart);
  CHECK(state.history().empty());
  CHECK_FALSE(state.record(result(false), thresholds(2, 2)));
  CHECK(state.reason() == ReasonCode::initial_checking);
  CHECK(state.since() == kStart);
}

TEST_CASE("an unhealthy target's reason is that of its last failure") {
  HealthState state(kStart);
  const HealthCheck check = thresholds(2, 1);
  state.record(result(false, ReasonCode::timeout), check);
  CHECK(state.reason() == ReasonCode::timeout);
  state.record(result(false, ReasonCode::response_code_mismatch), check);
  CHECK(state.reason() == ReasonCode::response_code_mismatch);
  state.record(result(true), check);
  CHECK(state.health() == Health::unhealthy);
  CHECK(state.reason() == ReasonCode::response_code_mismatch);
  state.record(result(true), check);
  CHECK(state.health() == Health::healthy);
  CHECK(state.reason() == ReasonCode::none);
}

TEST_CASE("a verdict holds since the probe that brought it was over") {
  HealthState state(kStart);
  const HealthCheck check = thresholds(2, 2);
  ProbeResult pass = result(true, {}, kStart + 1s);
  pass.took = 20ms;
  state.record(pass, check);
  CHECK(state.since() == kStart + 1s + 20ms);
  state.record(result(true, {}, kStart + 6s), check);
  state.record(result(false, ReasonCode::timeout, kStart + 11s), check);
  CHECK(state.since() == kStart + 1s + 20ms);
  state.record(result(false, ReasonCode::timeout, kStart + 12s), check);
  CHECK(state.since() == kStart + 12s);
}

TEST_CASE("a target is changing while its last result disagrees with the verdict") {
  HealthState state(kStart);
  const HealthCheck check = thresholds(2, 2);
  CHECK(state.changing());
  state.record(result(false), check);
  CHECK(state.changing());
  state.record(result(true), check);
  CHECK_FALSE(state.changing());
  state.record(result(false), check);
  CHECK(state.changing());
  state.record(result(false), check);
  CHECK_FALSE(state.changing());
  state.record(result(true), check);
  CHECK(state.changing());
  state.record(result(false), check);
  CHECK_FALSE(state.changing());
}

TEST_CASE("a trusted target is healthy because nobody checks it, until checks say otherwise") {
  HealthState state = HealthState::trusted();
  CHECK(state.health() == Health::healthy);
  CHECK(state.reason() == ReasonCode::check_disabled);
  CHECK_FALSE(state.changing());
  const HealthCheck check = thresholds(2, 2);
  CHECK_FALSE(state.record(result(false), check));
  CHECK(state.health() == Health::healthy);
  CHECK(state.reason() == ReasonCode::none);
  CHECK(state.record(result(false), check));
  CHECK(state.health() == Health::unhealthy);
}

TEST_CASE("over random histories a verdict changes only behind a full row, and then always") {
  weir::base::Random random(7);
  for (int history = 0; history < 500; ++history) {
    const HealthCheck check = thresholds(static_cast<std::uint32_t>(1 + random.below(5)),
                                         static_cast<std::uint32_t>(1 + random.below(5)));
    HealthState state(kStart);
    std::uint32_t row = 0;
    bool last = false;
    std::uint64_t passes = 0;
    for (int i = 0; i < 200; ++i) {
      const bool passed = random.below(3) != 0;
      row = passed == last ? row + 1 : 1;
      last = passed;
      passes += passed ? 1 : 0;
      const Health before = state.health();
      const bool changed = state.record(result(passed), check);
      const std::uint32_t needed =
          passed ? (before == Health::initial ? 1 : check.healthy_threshold) : check.unhealthy_threshold;
      const Health towards = passed ? Health::healthy : Health::unhealthy;
      REQUIRE(changed == (before != towards && row >= needed));
      REQUIRE(state.health() == (changed ? towards : before));
    }
    CHECK(state.passes() == passes);
    CHECK(state.failures() == 200 - passes);
  }
}

TEST_CASE("a state goes on in another process where it was") {
  using namespace weir::health;
  weir::model::HealthCheck check;
  check.healthy_threshold = 3;
  check.unhealthy_threshold = 2;
  ProbeResult pass, fail;
  fail.phase = Phase::status;
  fail.reason = ReasonCode::response_code_mismatch;
  fail.status = 500;
  fail.detail = "status 500";
  HealthState state{weir::base::WallTime{}};
  const ProbeResult* const steps[] = {&fail, &fail, &pass, &pass, &pass, &fail, &pass, &fail, &fail, &pass};
  for (const ProbeResult* const step : steps) {
    HealthState other(state.snapshot());
    CHECK(other.snapshot() == state.snapshot());
    CHECK(other.changing() == state.changing());
    CHECK(other.record(*step, check) == state.record(*step, check));
    CHECK(other.snapshot() == state.snapshot());
    if (state.failures() != 0) CHECK(other.snapshot().failed->detail == "status 500");
  }
}
