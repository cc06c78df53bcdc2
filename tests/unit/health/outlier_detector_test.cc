#include "lb/health/outlier_detector.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace std::chrono_literals;
using weir::base::Instant;
using weir::base::kNever;
using weir::health::EjectionReason;
using weir::health::OutlierDetector;
using weir::model::OutlierDetection;
using weir::model::SuccessRate;

namespace {

using Slots = std::vector<OutlierDetector::Slot>;
using Sample = OutlierDetector::Sample;

constexpr Instant kDetectorStart{1h};
constexpr auto kLocal = EjectionReason::consecutive_local;
constexpr auto kAnswered = EjectionReason::consecutive_answered;

OutlierDetector group(std::uint32_t targets, const OutlierDetection& settings = {}) {
  OutlierDetector detector(settings);
  for (std::uint32_t slot = 0; slot < targets; ++slot) detector.add(slot);
  return detector;
}

OutlierDetection with_percent(std::uint32_t percent) {
  OutlierDetection settings;
  settings.max_ejected_percent = percent;
  return settings;
}

OutlierDetection with_success_rate() {
  OutlierDetection settings;
  settings.success_rate = SuccessRate{};
  return settings;
}

}  // namespace

TEST_CASE("an ejected target stays out for base_ejection and is released exactly then") {
  OutlierDetector detector = group(4);
  CHECK(detector.next_release() == kNever);
  CHECK(detector.eject(2, kLocal, kDetectorStart));
  CHECK(detector.is_ejected(2));
  CHECK(detector.ejected() == 1);
  CHECK(detector.ejection(2) == weir::health::Ejection{kLocal, kDetectorStart, kDetectorStart + 30s, 1});
  CHECK(detector.next_release() == kDetectorStart + 30s);
  CHECK(detector.release(kDetectorStart + 30s - 1ns).empty());
  CHECK(detector.is_ejected(2));
  CHECK(detector.release(kDetectorStart + 30s) == Slots{2});
  CHECK_FALSE(detector.is_ejected(2));
  CHECK_FALSE(detector.ejection(2));
  CHECK(detector.next_release() == kNever);
}

TEST_CASE("several are released in the order of their times") {
  OutlierDetector detector = group(10);
  detector.eject(5, kLocal, kDetectorStart);
  detector.eject(3, kLocal, kDetectorStart + 1s);
  detector.eject(7, kLocal, kDetectorStart + 2s);
  CHECK(detector.release(kDetectorStart + 31s) == Slots{5, 3});
  CHECK(detector.next_release() == kDetectorStart + 32s);
}

TEST_CASE("what is unknown or ejected already is not ejected") {
  OutlierDetector detector = group(4);
  CHECK_FALSE(detector.eject(4, kLocal, kDetectorStart));
  CHECK(detector.eject(1, kLocal, kDetectorStart));
  CHECK_FALSE(detector.eject(1, kAnswered, kDetectorStart + 1s));
  CHECK(detector.ejection(1)->reason == kLocal);
  detector.remove(3);
  CHECK_FALSE(detector.eject(3, kLocal, kDetectorStart));
}

TEST_CASE("never more than max_ejected_percent of all targets are ejected") {
  struct Row {
    std::uint32_t percent, targets, most;
  };
  const Row rows[] = {{50, 1, 0},  {50, 2, 1},  {50, 3, 1},  {50, 4, 2},  {10, 9, 0},    {10, 10, 1},
                      {10, 19, 1}, {0, 100, 0}, {100, 1, 1}, {100, 7, 7}, {33, 100, 33}, {34, 3, 1}};
  for (const Row& row : rows) {
    CAPTURE(row.percent);
    CAPTURE(row.targets);
    OutlierDetector detector = group(row.targets, with_percent(row.percent));
    std::uint32_t ejected = 0;
    for (std::uint32_t slot = 0; slot < row.targets; ++slot) {
      if (detector.eject(slot, kLocal, kDetectorStart)) ++ejected;
    }
    CHECK(ejected == row.most);
    CHECK(detector.ejected() == row.most);
  }
}

TEST_CASE("when the group shrinks, the ejections with the least time left are lifted") {
  OutlierDetector detector = group(4);
  detector.eject(0, kLocal, kDetectorStart + 1s);
  detector.eject(1, kLocal, kDetectorStart);
  CHECK(detector.remove(3) == Slots{1});
  CHECK(detector.ejected() == 1);
  CHECK(detector.remove(0).empty());
  CHECK(detector.ejected() == 0);
  CHECK(detector.targets() == 2);
  CHECK(detector.next_release() == kNever);
}

TEST_CASE("a lifted excess gives no time in service that it did not have") {
  OutlierDetector detector = group(4);
  detector.eject(1, kLocal, kDetectorStart);
  detector.eject(0, kLocal, kDetectorStart + 1s);
  detector.remove(3);
  detector.add(3);
  CHECK(detector.eject(1, kLocal, kDetectorStart + 59s));
  CHECK(detector.ejection(1)->count == 2);
}

TEST_CASE("other settings apply to what comes, and a lower percentage at once") {
  OutlierDetector detector = group(4);
  detector.eject(0, kLocal, kDetectorStart);
  detector.eject(1, kLocal, kDetectorStart + 1s);
  OutlierDetection settings = with_percent(25);
  settings.base_ejection = 10s;
  CHECK(detector.set_settings(settings) == Slots{0});
  CHECK(detector.ejection(1)->until == kDetectorStart + 31s);
  CHECK(detector.release(kDetectorStart + 31s) == Slots{1});
  CHECK(detector.eject(2, kLocal, kDetectorStart + 40s));
  CHECK(detector.ejection(2)->until == kDetectorStart + 50s);
}

TEST_CASE("each ejection in a row lasts one base_ejection longer, up to max_ejection") {
  OutlierDetector detector = group(2);
  Instant now = kDetectorStart;
  for (std::uint32_t count = 1; count <= 15; ++count) {
    CAPTURE(count);
    REQUIRE(detector.eject(0, kLocal, now));
    CHECK(detector.ejection(0)->count == count);
    const Instant until = detector.next_release();
    CHECK(until - now == std::min<weir::base::Duration>(count * 30s, 5min));
    now = until;
    REQUIRE(detector.release(now) == Slots{0});
  }
}

TEST_CASE("a base_ejection over max_ejection is what every ejection lasts") {
  OutlierDetection settings;
  settings.base_ejection = 10min;
  OutlierDetector detector = group(2, settings);
  Instant now = kDetectorStart;
  for (int i = 0; i < 3; ++i) {
    detector.eject(0, kLocal, now);
    CHECK(detector.next_release() - now == 10min);
    now = detector.next_release();
    detector.release(now);
  }
}

TEST_CASE("the count goes down by one for each base_ejection in service") {
  struct Row {
    weir::base::Duration in_service;
    std::uint32_t count;  // of the ejection behind it, after three in a row
  };
  const Row rows[] = {{0s, 4}, {30s - 1ns, 4}, {30s, 3}, {59s, 3}, {60s, 2}, {90s, 1}, {24h, 1}};
  for (const Row& row : rows) {
    OutlierDetector detector = group(2);
    Instant now = kDetectorStart;
    for (int i = 0; i < 3; ++i) {
      detector.eject(0, kLocal, now);
      now = detector.next_release();
      detector.release(now);
    }
    CHECK(detector.eject(0, kLocal, now + row.in_service));
    CHECK(detector.ejection(0)->count == row.count);
  }
}

TEST_CASE("a passing check lifts an ejection for local failures only, and keeps its count") {
  OutlierDetector detector = group(6, with_success_rate());
  CHECK_FALSE(detector.on_check_passed(0, kDetectorStart));
  detector.eject(0, kLocal, kDetectorStart);
  detector.eject(1, kAnswered, kDetectorStart);
  detector.eject(2, EjectionReason::success_rate, kDetectorStart);
  CHECK(detector.on_check_passed(0, kDetectorStart + 5s));
  CHECK_FALSE(detector.on_check_passed(0, kDetectorStart + 5s));
  CHECK_FALSE(detector.on_check_passed(1, kDetectorStart + 5s));
  CHECK_FALSE(detector.on_check_passed(2, kDetectorStart + 5s));
  CHECK(detector.ejected() == 2);
  CHECK(detector.eject(0, kLocal, kDetectorStart + 6s));
  CHECK(detector.ejection(0)->count == 2);
  CHECK(detector.ejection(0)->until == kDetectorStart + 66s);
  CHECK(detector.release(kDetectorStart + 30s) == Slots{1, 2});
}

TEST_CASE("a target that is removed and added again begins anew") {
  OutlierDetector detector = group(4);
  detector.eject(0, kLocal, kDetectorStart);
  detector.remove(0);
  detector.add(0);
  CHECK_FALSE(detector.is_ejected(0));
  CHECK(detector.eject(0, kLocal, kDetectorStart + 1s));
  CHECK(detector.ejection(0)->count == 1);
}

TEST_CASE("a target whose share of successes is far below the mean is ejected") {
  OutlierDetector detector = group(6, with_success_rate());
  const std::vector<Sample> samples{{0, 1000, 999}, {1, 1000, 998}, {2, 100, 100},
                                    {3, 1000, 400}, {4, 500, 499},  {5, 1000, 1000}};
  CHECK(detector.judge_success_rates(samples, kDetectorStart) == Slots{3});
  CHECK(detector.ejection(3)->reason == EjectionReason::success_rate);
}

TEST_CASE("success rates are judged only by enough targets with enough requests") {
  struct Row {
    std::string_view what;
    std::vector<Sample> samples;
    Slots ejected;
  };
  const Row rows[] = {
      {"nobody", {}, {}},
      {"four targets", {{0, 100, 100}, {1, 100, 100}, {2, 100, 100}, {3, 100, 0}}, {}},
      {"five", {{0, 100, 100}, {1, 100, 100}, {2, 100, 100}, {3, 100, 100}, {4, 100, 0}}, {4}},
      {"five, one with too few", {{0, 100, 100}, {1, 100, 100}, {2, 100, 100}, {3, 99, 99}, {4, 100, 0}}, {}},
      {"the bad one with too few",
       {{0, 100, 100}, {1, 100, 100}, {2, 100, 100}, {3, 100, 100}, {4, 99, 0}, {5, 100, 100}},
       {}},
      {"all alike", {{0, 1000, 900}, {1, 1000, 900}, {2, 1000, 900}, {3, 1000, 900}, {4, 1000, 900}}, {}},
      {"all alike but for rounding",
       {{0, 300, 100}, {1, 600, 200}, {2, 900, 300}, {3, 1200, 400}, {4, 150, 50}},
       {}},
      {"all bad", {{0, 100, 0}, {1, 100, 0}, {2, 100, 0}, {3, 100, 0}, {4, 100, 0}}, {}},
      {"evenly spread", {{0, 100, 90}, {1, 100, 92}, {2, 100, 94}, {3, 100, 96}, {4, 100, 98}}, {}},
      {"unknown", {{0, 100, 100}, {1, 100, 100}, {2, 100, 100}, {3, 100, 100}, {99, 100, 0}}, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    OutlierDetector detector = group(10, with_success_rate());
    CHECK(detector.judge_success_rates(row.samples, kDetectorStart) == row.ejected);
  }
}

TEST_CASE("success rates are judged without those ejected already, and not at all unless asked for") {
  std::vector<Sample> samples;
  for (std::uint32_t slot = 0; slot < 10; ++slot) samples.push_back({slot, 100, slot == 0 ? 0U : 100U});
  OutlierDetector off = group(10);
  CHECK(off.judge_success_rates(samples, kDetectorStart).empty());
  OutlierDetector detector = group(10, with_success_rate());
  CHECK(detector.judge_success_rates(samples, kDetectorStart) == Slots{0});
  CHECK(detector.judge_success_rates(samples, kDetectorStart + 10s).empty());
}

TEST_CASE("of several with bad success rates the worst go first, as many as are allowed") {
  OutlierDetection settings = with_success_rate();
  settings.max_ejected_percent = 10;
  settings.success_rate->factor = 1;
  OutlierDetector detector = group(20, settings);
  std::vector<Sample> samples;
  for (std::uint32_t slot = 0; slot < 20; ++slot) samples.push_back({slot, 1000, 1000});
  samples[3].successes = 300;
  samples[11].successes = 100;
  samples[17].successes = 200;
  CHECK(detector.judge_success_rates(samples, kDetectorStart) == Slots{11, 17});
}

TEST_CASE("ejections go on in another process until their time, and their counts with them") {
  using namespace std::chrono_literals;
  using namespace weir;
  using health::OutlierDetector;
  model::OutlierDetection settings;
  settings.base_ejection = 10s;
  settings.max_ejected_percent = 50;
  OutlierDetector before(settings), after(settings);
  for (OutlierDetector::Slot slot = 0; slot < 4; ++slot) before.add(slot), after.add(3 - slot);
  base::Instant now{1h};
  REQUIRE(before.eject(0, health::EjectionReason::consecutive_local, now));
  before.release(now + 10s);
  REQUIRE(before.eject(0, health::EjectionReason::consecutive_answered, now + 12s));
  REQUIRE(before.eject(1, health::EjectionReason::success_rate, now + 13s));
  for (OutlierDetector::Slot slot = 0; slot < 4; ++slot) {
    CHECK(before.snapshot(slot).has_value() == (slot < 2));
    if (const auto snapshot = before.snapshot(slot)) CHECK(after.restore(slot, *snapshot));
    if (const auto snapshot = before.snapshot(slot)) CHECK(after.restore(slot, *snapshot));
    CHECK(after.ejection(slot) == before.ejection(slot));
  }
  CHECK(after.ejected() == 2);
  CHECK(after.ejection(0)->count == 2);
  CHECK(after.next_release() == before.next_release());
  CHECK_FALSE(after.restore(2, *before.snapshot(0)));  // one more than may be
  CHECK_FALSE(after.is_ejected(2));
  CHECK_FALSE(after.restore(9, *before.snapshot(0)));
  CHECK(after.release(now + 33s) == before.release(now + 33s));
  CHECK(after.eject(0, health::EjectionReason::success_rate, now + 34s));
  CHECK(before.eject(0, health::EjectionReason::success_rate, now + 34s));
  CHECK(after.ejection(0) == before.ejection(0));
}
