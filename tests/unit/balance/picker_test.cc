#include "lb/balance/picker.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "tests/unit/balance/group.h"

using weir::base::Random;
using weir::model::Algorithm;
using namespace weir::balance;        // NOLINT(google-build-using-namespace)
using namespace weir::balance::test;  // NOLINT(google-build-using-namespace)

namespace {

constexpr std::array<Zone, 5> kUneven{0, 0, 1, 1, 2};

// A count that 5 sigma of a binomial allow; `part` of the keys of a ring varies by itself.
void check_share(Algorithm algorithm, double count, int picks, double part) {
  const double ring = algorithm == Algorithm::consistent_hash ? part * 0.05 * picks : 0;
  const double sigma = std::sqrt(picks * part * (1 - part) + ring * ring);
  CAPTURE(count);
  CAPTURE(part);
  CHECK(std::abs(count - picks * part) <= 5 * sigma + 1);
}

}  // namespace

TEST_CASE("an idle group is served by weight, whatever the algorithm") {
  static const std::vector<std::vector<std::uint32_t>> groups = {
      {1}, {1, 1}, {1, 1, 1, 1, 1}, {1, 9}, {5, 1, 0, 4}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {999, 500, 1}};
  constexpr int kPicks = 20'000;
  for (const Algorithm algorithm : kAlgorithms) {
    CAPTURE(static_cast<int>(algorithm));
    for (const std::vector<std::uint32_t>& weights : groups) {
      Random random(7);
      Group group(algorithm);
      double total = 0;
      for (const std::uint32_t weight : weights) {
        group.add(weight);
        total += weight;
      }
      Picker picker(algorithm, random);
      picker.adopt(group.build());
      const std::vector<double> got = counts(group, picker, kPicks);
      for (std::size_t i = 0; i < weights.size(); ++i)
        check_share(algorithm, got[i], kPicks, weights[i] / total);
    }
  }
}

TEST_CASE("slow start: a target gets its ramp's part of its weight") {
  for (const Algorithm algorithm : kAlgorithms) {
    if (algorithm == Algorithm::consistent_hash) continue;  // there only its bound is lower
    CAPTURE(static_cast<int>(algorithm));
    Random random(3);
    Group group(algorithm);
    group.add_many(4);
    group.members[2].ramp = 0.25;
    Picker picker(algorithm, random);
    picker.adopt(group.build());
    check_share(algorithm, counts(group, picker, 20'000)[2], 20'000, 0.25 / 3.25);
  }
}

TEST_CASE("with cross_zone on each target of uneven zones gets the same load") {
  for (const Algorithm algorithm : kAlgorithms) {
    CAPTURE(static_cast<int>(algorithm));
    Random random(5);
    Group group(algorithm);
    for (const Zone zone : kUneven) group.add(1, zone);
    group.settings.own_zone = 2;
    Picker picker(algorithm, random);
    picker.adopt(group.build());
    for (const double count : counts(group, picker, 20'000)) check_share(algorithm, count, 20'000, 0.2);
  }
}

TEST_CASE("with cross_zone prefer what the own zone cannot carry goes to the others by weight") {
  for (const Algorithm algorithm : kAlgorithms) {
    CAPTURE(static_cast<int>(algorithm));
    Random random(6);
    Group group(algorithm);
    for (const Zone zone : kUneven) group.add(1, zone);
    group.settings.own_zone = 0;
    group.settings.cross_zone = weir::model::CrossZone::prefer;
    Picker picker(algorithm, random);

    picker.adopt(group.build());
    const std::vector<double> all = counts(group, picker, 10'000);
    CHECK(all[0] + all[1] == 10'000);

    group.members[0].standing = Standing::failed;
    picker.adopt(group.build());
    const std::vector<double> half = counts(group, picker, 20'000);
    CHECK(half[0] == 0);
    check_share(Algorithm::random, half[1], 20'000, 0.7);
    for (const Slot other : {2, 3, 4}) check_share(Algorithm::consistent_hash, half[other], 20'000, 0.1);
  }
}

TEST_CASE("over random histories only candidates are picked, and one is whenever there is one") {
  for (const Algorithm algorithm : kAlgorithms) {
    for (const auto zones :
         {weir::model::CrossZone::on, weir::model::CrossZone::off, weir::model::CrossZone::prefer}) {
      CAPTURE(static_cast<int>(algorithm));
      CAPTURE(static_cast<int>(zones));
      Random random(11);
      Group group(algorithm);
      for (int i = 0; i < 12; ++i)
        group.add(1 + static_cast<std::uint32_t>(random.below(4)), static_cast<Zone>(i % 3));
      group.settings.cross_zone = zones;
      group.settings.own_zone = 1;
      group.settings.fail_open.min_healthy_percent = 30;
      Picker picker(algorithm, random);
      std::vector<Slot> open;
      for (int step = 0; step < 1500; ++step) {
        Member& changed = group.members[random.below(12)];
        changed.standing = static_cast<Standing>(random.below(3));
        if (random.below(4) == 0) changed.weight = static_cast<std::uint32_t>(random.below(5));
        changed.load->limit = random.below(3) == 0 ? 1 : Load::kUnlimited;
        const auto set = group.build();
        picker.adopt(set);
        for (int i = 0; i < 5; ++i) {
          std::vector<Slot> tried;
          while (random.below(2) == 0) tried.push_back(static_cast<Slot>(random.below(12)));
          const Zone avoid = random.below(2) == 0 ? kNoZone : static_cast<Zone>(random.below(3));
          const auto allowed = [&](Slot slot) {
            const Member& member = group.members[slot];
            if (zones == weir::model::CrossZone::off && member.zone != 1) return false;
            return (member.standing == Standing::usable ||
                    (set->fail_open && member.standing == Standing::failed)) &&
                   member.weight > 0 && !member.load->full() && std::ranges::find(tried, slot) == tried.end();
          };
          std::set<Slot> choice;
          std::set<Slot> outside;
          for (Slot slot = 0; slot < 12; ++slot) {
            // What the own zone carries alone leaves the others out of the set.
            bool in_set = false;
            for (const Share& share : set->shares) in_set |= share.pool->place_of(slot) != kNoPlace;
            if (!allowed(slot) || !in_set) continue;
            choice.insert(slot);
            if (group.members[slot].zone != avoid) outside.insert(slot);
          }
          const auto picked = picker.pick({tried, avoid, random.next(), {}});
          REQUIRE(picked.has_value() == !choice.empty());
          if (!picked) continue;
          const std::set<Slot>& preferred = outside.empty() ? choice : outside;
          REQUIRE(preferred.contains(*picked));
          group.begin(picker, *picked);
          open.push_back(*picked);
        }
        while (open.size() > 8) {
          const std::size_t at = random.below(open.size());
          group.end(picker, open[at]);
          open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
        }
      }
    }
  }
}

TEST_CASE("nothing is picked from no set, an empty one, or when all were tried") {
  for (const Algorithm algorithm : kAlgorithms) {
    Random random(1);
    Group group(algorithm);
    Picker picker(algorithm, random);
    CHECK(!picker.pick({}));
    picker.adopt(group.build());
    CHECK(!picker.pick({}));
    group.add_many(2);
    picker.adopt(group.build());
    const std::array<Slot, 2> tried{0, 1};
    CHECK(!picker.pick({tried, kNoZone, 0, {}}));
    CHECK(picker.pick({}).has_value());
    picker.load_changed(7);
  }
}

TEST_CASE("of many full targets the only free one is found") {
  for (const Algorithm algorithm : kAlgorithms) {
    CAPTURE(static_cast<int>(algorithm));
    Random random(1);
    Group group(algorithm);
    group.add_many(5'000);
    for (Slot slot = 0; slot < 5'000; ++slot) {
      group.load(slot).limit = 1;
      if (slot != 3'333) group.load(slot).outstanding = 1;
    }
    Picker picker(algorithm, random);
    picker.adopt(group.build());
    CHECK(picker.pick({}) == 3'333);
  }
}

TEST_CASE("power_of_two: the busier of two is not picked, and weight divides the load") {
  Random random(2);
  Group group(Algorithm::power_of_two);
  group.add(1);
  group.add(4);
  Picker picker(Algorithm::power_of_two, random);
  picker.adopt(group.build());
  group.load(0).outstanding = 2;
  group.load(1).outstanding = 7;
  for (int i = 0; i < 50; ++i) CHECK(picker.pick({}) == 1);
  group.load(1).outstanding = 9;
  for (int i = 0; i < 50; ++i) CHECK(picker.pick({}) == 0);
}

TEST_CASE("peak_ewma: the slow one is left alone, one without a sample is tried by one request") {
  Random random(2);
  Group group(Algorithm::peak_ewma);
  group.add_many(2);
  Picker picker(Algorithm::peak_ewma, random);
  picker.adopt(group.build());
  const weir::base::Instant now{std::chrono::hours(1)};
  const PickRequest request{{}, kNoZone, 0, now};
  group.load(0).latency.add(std::chrono::milliseconds(10), now);
  for (int i = 0; i < 50; ++i) CHECK(picker.pick(request) == 1);
  group.load(1).outstanding = 1;
  for (int i = 0; i < 50; ++i) CHECK(picker.pick(request) == 0);
  group.load(1).latency.add(std::chrono::milliseconds(100), now);
  group.load(1).outstanding = 0;
  group.load(0).outstanding = 8;
  for (int i = 0; i < 50; ++i) CHECK(picker.pick(request) == 0);
  group.load(0).outstanding = 10;
  for (int i = 0; i < 50; ++i) CHECK(picker.pick(request) == 1);
}
