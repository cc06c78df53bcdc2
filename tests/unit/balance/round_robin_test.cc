#include "lb/balance/round_robin.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

using weir::balance::RoundRobin;
using weir::base::Random;

namespace {

std::vector<std::size_t> counts(RoundRobin& policy, std::size_t targets, int picks) {
  std::vector<std::size_t> result(targets);
  for (int i = 0; i < picks; ++i) ++result[policy.pick({}).value()];
  return result;
}

}  // namespace

TEST_CASE("equal targets take turns: none is picked twice before all were picked once") {
  Random random(1);
  const std::vector<std::uint32_t> weights(7, 1);
  RoundRobin policy(weights, random);
  for (int round = 0; round < 100; ++round) {
    CHECK(counts(policy, 7, 7) == std::vector<std::size_t>(7, 1));
  }
}

TEST_CASE("each target gets its weight's share, and a weight of 0 gets nothing") {
  Random random(2);
  const std::array<std::uint32_t, 4> weights{5, 1, 0, 4};
  RoundRobin policy(weights, random);
  const auto got = counts(policy, 4, 10'000);
  CHECK(got[2] == 0);
  CHECK(std::abs(static_cast<double>(got[0]) - 5000) <= 1);
  CHECK(std::abs(static_cast<double>(got[1]) - 1000) <= 1);
  CHECK(std::abs(static_cast<double>(got[3]) - 4000) <= 1);
}

TEST_CASE("a heavy target's picks are spread out, not bunched") {
  Random random(3);
  const std::array<std::uint32_t, 2> weights{3, 1};
  RoundRobin policy(weights, random);
  int in_a_row = 0;
  for (int i = 0; i < 1000; ++i) {
    in_a_row = policy.pick({}) == 0 ? in_a_row + 1 : 0;
    CHECK(in_a_row <= 4);
  }
}

TEST_CASE("a target that was tried is skipped and keeps its turn") {
  Random random(4);
  const std::vector<std::uint32_t> weights(3, 1);
  RoundRobin policy(weights, random);
  const std::size_t first = policy.pick({}).value();
  const std::size_t second = policy.pick({}).value();
  const std::array<std::size_t, 1> tried{3 - first - second};
  CHECK(policy.pick(tried) == first);
  CHECK(policy.pick({}) == tried[0]);
}

TEST_CASE("no target is picked when there is none, none has a weight, or all were tried") {
  Random random(5);
  RoundRobin empty({}, random);
  CHECK(!empty.pick({}));
  const std::array<std::uint32_t, 2> nothing{0, 0};
  RoundRobin weightless(nothing, random);
  CHECK(!weightless.pick({}));
  const std::array<std::uint32_t, 2> both{1, 1};
  RoundRobin policy(both, random);
  const std::array<std::size_t, 2> tried{0, 1};
  CHECK(!policy.pick(tried));
  CHECK(policy.pick({}).has_value());
}

TEST_CASE("workers that start together do not all begin with the same target") {
  const std::vector<std::uint32_t> weights(5, 1);
  std::vector<std::size_t> first(5);
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Random random(seed);
    RoundRobin policy(weights, random);
    ++first[policy.pick({}).value()];
  }
  for (std::size_t count : first) CHECK(count > 120);
}
