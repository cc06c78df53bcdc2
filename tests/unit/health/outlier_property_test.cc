#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "lb/base/random.h"
#include "lb/health/outlier_detector.h"

// OutlierDetector over random histories, against what may be said of it at any time.

using namespace std::chrono_literals;
using weir::base::Duration;
using weir::base::Instant;
using weir::base::kNever;
using weir::base::Random;
using weir::health::EjectionReason;
using weir::health::OutlierDetector;
using weir::model::OutlierDetection;

namespace {

using Slot = OutlierDetector::Slot;

struct History {
  explicit History(std::uint64_t seed) : random(seed), detector(settings_of(random)) {}

  static OutlierDetection settings_of(Random& random) {
    OutlierDetection settings;
    settings.base_ejection = std::chrono::milliseconds(1 + random.below(60'000));
    settings.max_ejection = std::chrono::milliseconds(1 + random.below(300'000));
    settings.max_ejected_percent = static_cast<std::uint32_t>(random.below(101));
    settings.success_rate = weir::model::SuccessRate{};
    return settings;
  }

  void gone(const std::vector<Slot>& lifted) {
    for (const Slot slot : lifted) REQUIRE(until.erase(slot) == 1);
  }

  void ejected(Slot slot) {
    const auto ejection = detector.ejection(slot);
    REQUIRE(ejection);
    REQUIRE(ejection->since == now);
    REQUIRE(until.emplace(slot, ejection->until).second);
  }

  void step() {
    const auto slot = static_cast<Slot>(random.below(30));
    switch (random.below(7)) {
      case 0: {
        detector.add(slot);
        if (std::ranges::find(slots, slot) == slots.end()) slots.push_back(slot);
        break;
      }
      case 1: {
        if (random.below(3) != 0) break;
        until.erase(slot);
        std::erase(slots, slot);
        gone(detector.remove(slot));
        break;
      }
      case 2:
      case 3: {
        if (detector.eject(slot, static_cast<EjectionReason>(random.below(3)), now)) ejected(slot);
        break;
      }
      case 4: {
        const auto before = detector.ejection(slot);
        const bool lifted = detector.on_check_passed(slot, now);
        REQUIRE(lifted == (before && before->reason == EjectionReason::consecutive_local));
        if (lifted) gone({slot});
        break;
      }
      case 5: {
        std::vector<OutlierDetector::Sample> samples;
        for (const Slot each : slots) samples.push_back({each, random.below(400), random.below(400)});
        for (const Slot outlier : detector.judge_success_rates(samples, now)) ejected(outlier);
        break;
      }
      default: {
        now += Duration(static_cast<Duration::rep>(random.below(20'000'000'000)));
        release();
        break;
      }
    }
  }

  void release() {
    std::vector<Slot> due;
    for (const auto& [slot, at] : until) {
      if (at <= now) due.push_back(slot);
    }
    std::vector<Slot> released = detector.release(now);
    std::ranges::sort(released);
    REQUIRE(released == due);
    gone(released);
  }

  void check(std::uint32_t percent) const {
    REQUIRE(detector.targets() == slots.size());
    REQUIRE(detector.ejected() == until.size());
    REQUIRE(detector.ejected() * 100 <= slots.size() * percent);
    Instant next = kNever;
    for (const auto& [slot, at] : until) {
      REQUIRE(detector.is_ejected(slot));
      REQUIRE(detector.ejection(slot)->until == at);
      next = std::min(next, at);
    }
    REQUIRE(detector.next_release() == next);
  }

  Random random;
  OutlierDetector detector;
  Instant now{1h};
  std::vector<Slot> slots;
  std::map<Slot, Instant> until;  // of those that should be ejected
};

}  // namespace

TEST_CASE("at no time of a random history are too many ejected, and each is released exactly at its time") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    History history(seed);
    Random same(seed);
    const std::uint32_t percent = History::settings_of(same).max_ejected_percent;
    for (int i = 0; i < 400; ++i) {
      history.step();
      history.check(percent);
    }
  }
}
