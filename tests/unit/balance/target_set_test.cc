#include "lb/balance/target_set.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/balance/group.h"

using weir::model::CrossZone;
using namespace weir::balance;        // NOLINT(google-build-using-namespace)
using namespace weir::balance::test;  // NOLINT(google-build-using-namespace)

namespace {

// A member to a letter: u(sable), f(ailed), a(bsent), w(eightless), - (a free slot); an upper-case one is in
// zone 1, the others are in zone 0.
Group members(const std::string& letters) {
  Group group;
  for (const char letter : letters) {
    const bool upper = letter >= 'A' && letter <= 'Z';
    Member& member = group.members[group.add(1, upper ? 1 : 0)];
    switch (upper ? letter - 'A' + 'a' : letter) {
      case 'f': member.standing = Standing::failed; break;
      case 'a': member.standing = Standing::absent; break;
      case 'w': member.weight = 0; break;
      case '-': member.load = nullptr; break;
      default: break;
    }
  }
  return group;
}

// The candidates' slots, a digit each, pool by pool.
std::string candidates(const TargetSet& set) {
  std::string result;
  for (const Share& share : set.shares) {
    if (!result.empty()) result += ' ';
    for (const Candidate& candidate : share.pool->candidates()) result += std::to_string(candidate.slot);
  }
  return result;
}

}  // namespace

TEST_CASE("a group fails open below either bound, of those that count") {
  struct Row {
    std::string members;
    weir::model::FailOpen bounds;
    bool fails_open;
    std::string candidates;
    std::uint32_t usable;
    std::uint32_t counted;
  };
  static const Row kRows[] = {
      {"uuu", {1, {}, false}, false, "012", 3, 3},
      {"uff", {1, {}, false}, false, "0", 1, 3},
      {"fff", {1, {}, false}, true, "012", 0, 3},
      {"faw-f", {1, {}, false}, true, "04", 0, 2},
      {"fff", {1, {}, true}, true, "", 0, 3},
      {"fff", {0, {}, false}, false, "", 0, 3},
      {"uff", {2, {}, false}, true, "012", 1, 3},
      {"uufff", {1, 40, false}, false, "01", 2, 5},
      {"uufff", {1, 41, false}, true, "01234", 2, 5},
      {"uufffaaa", {1, 40, false}, false, "01", 2, 5},
      {"uufffww--", {1, 40, false}, false, "01", 2, 5},
      {"uff", {1, 100, true}, true, "", 1, 3},
      {"uu", {3, {}, false}, true, "01", 2, 2},  // more than there are: always open
      {"uu", {3, {}, true}, true, "", 2, 2},
      {"", {1, {}, false}, false, "", 0, 0},
      {"aw-", {1, 50, false}, false, "", 0, 0},
      {"uFF", {1, 50, false}, true, "012", 1, 3},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.members);
    Group group = members(row.members);
    group.settings.fail_open = row.bounds;
    const auto set = group.build();
    CHECK(set->fail_open == row.fails_open);
    CHECK(candidates(*set) == row.candidates);
    CHECK(set->usable == row.usable);
    CHECK(set->counted == row.counted);
  }
}

TEST_CASE("zones: off takes the own zone alone, prefer spills, on takes all alike") {
  struct Row {
    std::string members;
    CrossZone cross_zone;
    Zone own;
    std::string candidates;
    double first_part;
  };
  static const Row kRows[] = {
      {"uuU", CrossZone::on, 0, "012", 1},
      {"uuU", CrossZone::off, 0, "01", 1},
      {"uuU", CrossZone::off, 1, "2", 1},
      {"uuU", CrossZone::off, kNoZone, "012", 1},
      {"uuU", CrossZone::prefer, kNoZone, "012", 1},
      {"uuU", CrossZone::off, 2, "", 0},    // a zone that has no target
      {"ffU", CrossZone::off, 0, "01", 1},  // fails open by its own zone
      {"aaU", CrossZone::off, 0, "", 0},    // shifted away
      {"uuU", CrossZone::prefer, 0, "01", 1},
      {"ufU", CrossZone::prefer, 0, "0 2", 0.7},
      {"UFu", CrossZone::prefer, 1, "0 2", 0.7},
      {"ffUU", CrossZone::prefer, 0, "23", 1},
      {"ufF", CrossZone::prefer, 0, "0", 1},
      {"aaUU", CrossZone::prefer, 0, "23", 1},
      {"UU", CrossZone::prefer, 0, "01", 1},
      {"ffF", CrossZone::prefer, 0, "01", 1},  // open: as if all were usable
      {"aaF", CrossZone::prefer, 0, "2", 1},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.members);
    CAPTURE(static_cast<int>(row.cross_zone));
    Group group = members(row.members);
    group.settings.cross_zone = row.cross_zone;
    group.settings.own_zone = row.own;
    const auto set = group.build();
    CHECK(candidates(*set) == row.candidates);
    double sum = 0;
    for (const Share& share : set->shares) sum += share.part;
    CHECK(sum == doctest::Approx(set->shares.empty() ? 0 : 1));
    if (!set->shares.empty()) CHECK(set->shares[0].part == doctest::Approx(row.first_part));
  }
}

TEST_CASE("weights are in hundredths with the ramp applied, and never 0") {
  Group group;
  group.add(1);
  group.add(999);
  group.add(1);
  group.members[1].ramp = 0.5;
  group.members[2].ramp = 0.001;
  const auto set = group.build();
  const auto all = set->shares[0].pool->candidates();
  CHECK(all[0].weight == 100);
  CHECK(all[1].weight == 49'950);
  CHECK(all[2].weight == 1);
}

TEST_CASE("a pool in which nothing changed is used again") {
  Group group = members("ufUU");
  group.settings.cross_zone = CrossZone::prefer;
  group.settings.own_zone = 0;
  const auto before = group.build();
  group.members[1].standing = Standing::absent;
  group.members[2].standing = Standing::absent;
  const auto after = group.build();
  REQUIRE(after->shares.size() == 1);
  CHECK(after->shares[0].pool == before->shares[0].pool);
}
