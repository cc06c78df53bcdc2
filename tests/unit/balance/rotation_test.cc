#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/unit/balance/group.h"

using weir::base::Random;
using weir::model::Algorithm;
using namespace weir::balance;        // NOLINT(google-build-using-namespace)
using namespace weir::balance::test;  // NOLINT(google-build-using-namespace)

TEST_CASE("round robin: equal targets take turns, none twice before all once") {
  Random random(1);
  Group group(Algorithm::round_robin);
  group.add_many(7);
  Picker picker(Algorithm::round_robin, random);
  picker.adopt(group.build());
  for (int round = 0; round < 100; ++round) {
    CHECK(counts(group, picker, 7) == std::vector<double>(7, 1));
  }
}

TEST_CASE("round robin: shares are exact to a pick for each class of weights, and spread out") {
  Random random(2);
  Group group(Algorithm::round_robin);
  for (const std::uint32_t weight : {5, 1, 1, 3, 5, 5}) group.add(weight);
  Picker picker(Algorithm::round_robin, random);
  picker.adopt(group.build());
  const std::vector<double> got = counts(group, picker, 2'000);
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(std::abs(got[i] - 100 * group.members[i].weight) <= 2);
}

TEST_CASE("round robin: a heavy target's picks are spread out, not bunched") {
  Random random(3);
  Group group(Algorithm::round_robin);
  group.add(3);
  group.add(1);
  Picker picker(Algorithm::round_robin, random);
  picker.adopt(group.build());
  int in_a_row = 0;
  for (int i = 0; i < 1000; ++i) {
    in_a_row = picker.pick({}) == 0 ? in_a_row + 1 : 0;
    CHECK(in_a_row <= 4);
  }
}

TEST_CASE("round robin: a target that was tried is skipped and keeps its turn") {
  Random random(4);
  Group group(Algorithm::round_robin);
  group.add_many(4);
  Picker picker(Algorithm::round_robin, random);
  picker.adopt(group.build());
  std::array<Slot, 4> order{};
  for (Slot& slot : order) slot = picker.pick({}).value();
  const std::array<Slot, 2> tried{order[0], order[1]};
  CHECK(picker.pick({tried, kNoZone, 0, {}}) == order[2]);
  CHECK(picker.pick({}) == order[0]);
  CHECK(picker.pick({}) == order[1]);
  CHECK(picker.pick({}) == order[3]);
}

TEST_CASE("round robin: a change of the set does not start the rotation anew") {
  for (const bool weighted : {false, true}) {
    Random random(5);
    Group group(Algorithm::round_robin);
    for (std::uint32_t i = 0; i < 20; ++i) group.add(weighted ? 1 + i % 2 : 1);
    const Slot flapping = group.add(7);
    Picker picker(Algorithm::round_robin, random);
    picker.adopt(group.build());
    std::vector<double> got(group.members.size());
    for (int i = 0; i < 3'000; ++i) {
      if (i % 3 == 0) {
        group.members[flapping].standing = i % 2 == 0 ? Standing::usable : Standing::absent;
        picker.adopt(group.build());
      }
      ++got[picker.pick({}).value()];
    }
    const auto per_weight = [&](std::size_t i) { return got[i] / group.members[i].weight; };
    double least = per_weight(0);
    double most = per_weight(0);
    for (std::size_t i = 1; i < 20; ++i) {
      least = std::min(least, per_weight(i));
      most = std::max(most, per_weight(i));
    }
    CHECK(most - least <= 3);
  }
}

TEST_CASE("round robin: workers that start together do not all begin with the same target") {
  std::vector<std::size_t> first(5);
  Group group(Algorithm::round_robin);
  group.add_many(5);
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Random random(seed);
    Picker picker(Algorithm::round_robin, random);
    picker.adopt(group.build());
    ++first[picker.pick({}).value()];
  }
  for (const std::size_t count : first) CHECK(count > 120);
}
