#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lb/balance/mix.h"
#include "tests/unit/balance/group.h"

using weir::base::Random;
using weir::model::Algorithm;
using namespace weir::balance;        // NOLINT(google-build-using-namespace)
using namespace weir::balance::test;  // NOLINT(google-build-using-namespace)

namespace {

constexpr std::size_t kKeys = 10'000;

// The identity of the target of each key.
std::vector<std::uint64_t> homes(Group& group) {
  Random random(1);
  Picker picker(Algorithm::consistent_hash, random);
  picker.adopt(group.build());
  std::vector<std::uint64_t> result;
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    result.push_back(group.members[picker.pick({{}, kNoZone, key, {}}).value()].identity);
  }
  return result;
}

double moved(const std::vector<std::uint64_t>& before, const std::vector<std::uint64_t>& after) {
  double count = 0;
  for (std::size_t i = 0; i < kKeys; ++i) count += before[i] != after[i] ? 1 : 0;
  return count / kKeys;
}

}  // namespace

TEST_CASE("consistent hashing: a target that joins or leaves moves its own part of the keys alone") {
  for (const std::size_t targets : {2, 5, 20, 100}) {
    CAPTURE(targets);
    Group group(Algorithm::consistent_hash);
    group.add_many(targets);
    const auto before = homes(group);
    const Slot joined = group.add();
    const auto with = homes(group);
    CHECK(moved(before, with) > 0);
    CHECK(moved(before, with) < 1.25 / static_cast<double>(targets + 1) + 0.01);
    for (std::size_t i = 0; i < kKeys; ++i) {
      if (before[i] != with[i]) CHECK(with[i] == group.members[joined].identity);
    }
    group.members[joined].standing = Standing::absent;
    CHECK(homes(group) == before);
  }
}

TEST_CASE("consistent hashing: a health change moves only the keys of that target, over all others") {
  Group group(Algorithm::consistent_hash);
  group.add_many(10);
  const auto before = homes(group);
  const auto ring = group.build()->shares[0].pool->shared_ring();
  group.members[3].standing = Standing::failed;
  const auto without = homes(group);
  CHECK(group.build()->shares[0].pool->shared_ring() == ring);
  std::vector<int> got(10);
  for (std::size_t i = 0; i < kKeys; ++i) {
    if (before[i] != group.members[3].identity) {
      CHECK(without[i] == before[i]);
    } else {
      ++got[without[i] - group.members[0].identity];
    }
  }
  CHECK(got[3] == 0);
  for (std::size_t i = 0; i < 10; ++i) {
    if (i != 3) CHECK(got[i] > 60);
  }
  group.members[3].standing = Standing::usable;
  CHECK(homes(group) == before);
}

TEST_CASE("consistent hashing: identity decides, not the order of slots") {
  Group group(Algorithm::consistent_hash);
  for (std::uint32_t i = 0; i < 30; ++i) group.add(1 + i % 3);
  group.members[7].standing = Standing::failed;
  const auto before = homes(group);
  std::ranges::reverse(group.members);
  group.members.insert(group.members.begin() + 3, Member{});
  group.forget();
  CHECK(homes(group) == before);
}

TEST_CASE("consistent hashing: no target has over 1.25 times its part of what is outstanding") {
  Random random(3);
  Group group(Algorithm::consistent_hash);
  double total = 0;
  for (std::uint32_t i = 0; i < 12; ++i) {
    group.add(1 + i % 4);
    total += 1 + i % 4;
  }
  Picker picker(Algorithm::consistent_hash, random);
  picker.adopt(group.build());
  std::vector<Slot> open;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t key = random.below(3);  // few and hot
    const Slot slot = picker.pick({{}, kNoZone, key, {}}).value();
    group.begin(picker, slot);
    open.push_back(slot);
    const double bound =
        std::ceil(1.25 * static_cast<double>(open.size()) * group.members[slot].weight / total);
    REQUIRE(group.load(slot).outstanding <= bound);
    while (open.size() > 500) {
      const std::size_t at = random.below(open.size());
      group.end(picker, open[at]);
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
}

TEST_CASE("consistent hashing: the ring's memory is bounded, and a join moves little even then") {
  const auto members = [](std::uint64_t count) {
    std::vector<RingMember> result;
    for (std::uint64_t i = 0; i < count; ++i) result.push_back({i, 1, static_cast<Slot>(i)});
    return result;
  };
  const HashRing before(members(20'000));
  const HashRing after(members(20'200));
  CHECK(before.points() < HashRing::kMaxPoints + 20'000);
  int moved = 0;
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    moved += before.owner(mix(key)) != after.owner(mix(key)) ? 1 : 0;
  }
  CHECK(moved < static_cast<int>(0.03 * kKeys));
}

TEST_CASE("consistent hashing: the ring is the same whatever the slots and the order of its members") {
  for (const std::uint32_t count : {1, 2, 30, 3'000}) {
    CAPTURE(count);
    std::vector<RingMember> members;
    std::vector<RingMember> others;
    for (std::uint32_t i = 0; i < count; ++i) members.push_back({mix(i), 1 + i % 3, i});
    for (const RingMember& member : members) {
      others.push_back({member.identity, member.weight, (count - 1 - member.slot) * 997 + 5});
    }
    std::ranges::rotate(others, others.begin() + count / 3);
    const HashRing ring(members);
    const HashRing other(others);
    CHECK(ring.points() == other.points());
    std::size_t differ = 0;
    for (std::uint64_t key = 0; key < 100'000; ++key) {
      const std::uint64_t hash = key == 0 ? 0 : key == 1 ? ~std::uint64_t{0} : mix(key);
      differ += (count - 1 - ring.owner(hash)) * 997 + 5 != other.owner(hash) ? 1 : 0;
    }
    CHECK(differ == 0);
  }
}

TEST_CASE("consistent hashing: a member owns its weight's part of the ring") {
  std::vector<RingMember> members;
  double total = 0;
  for (std::uint32_t i = 0; i < 50; ++i) {
    members.push_back({i, 1 + i % 5, i});
    total += 1 + i % 5;
  }
  const HashRing ring(members);
  constexpr double kHashes = 1'000'000;
  std::vector<double> got(members.size());
  for (std::uint64_t key = 0; key < static_cast<std::uint64_t>(kHashes); ++key) ++got[ring.owner(mix(key))];
  for (const RingMember& member : members) {
    CHECK(got[member.slot] / kHashes == doctest::Approx(member.weight / total).epsilon(0.2));
  }
}
