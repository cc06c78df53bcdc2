#include "lb/server/group_snapshot.h"

#include <doctest/doctest.h>

#include "tests/unit/server/group_scene.h"

using namespace std::chrono_literals;

namespace weir::server {
namespace {

// What is known in one process, in the other; both have read the same file, if no other is given.
void hand_over(const Control& from, Control& to) {
  to.now = from.now;
  for (const TargetSnapshot& target : from.control.snapshot().targets) to.control.restore(target, to.at());
}

model::TargetGroup watched_group(int targets) {
  model::TargetGroup group = group_of(targets);
  group.outlier_detection.emplace();
  group.slow_start = 60s;
  return group;
}

}  // namespace

TEST_CASE("verdicts pass over, and go on where they stood") {
  Control old(group_of(3));
  for (int i = 0; i < 5; ++i) old.probe(0, true);
  old.probe(1, false);
  old.probe(1, false);
  old.probe(2, true);
  old.probe(2, false);
  Control next(group_of(3));
  hand_over(old, next);
  CHECK(next.state(0) == "healthy");
  CHECK(next.state(1) == "unhealthy");
  CHECK(next.state(2) == "healthy");
  CHECK(next.served() == std::vector<balance::Slot>{0, 2});
  next.probe(2, false);
  CHECK(next.state(2) == "unhealthy");
  CHECK(next.control.snapshot().targets[0].health->passes == 5);
  CHECK_FALSE(next.told("health", "healthy"));
}

TEST_CASE("a group whose targets all have verdicts is settled by them") {
  Control old(group_of(2));
  old.probe_all(true);
  Control next(group_of(2));
  CHECK_FALSE(next.status().ready);
  hand_over(old, next);
  CHECK(next.status().ready);
}

TEST_CASE("ejections pass over with their time and their count") {
  Control old(watched_group(4));
  old.probe_all(true);
  for (int i = 0; i < 20 && old.state(1) != "ejected"; ++i) old.fail(1);
  REQUIRE(old.state(1) == "ejected");
  Control next(watched_group(4));
  hand_over(old, next);
  CHECK(next.state(1) == "ejected");
  CHECK(next.control.snapshot().targets[1] == old.control.snapshot().targets[1]);
  next.pass(31s);
  CHECK(next.state(1) == "healthy");
}

TEST_CASE("drains and slow starts pass over with what is left of their time") {
  Control old(watched_group(2));
  old.probe_all(true);
  old.pass(2min);
  old.control.add(target(3), Owner::api, old.at());
  old.probe(2, true);
  old.control.record(0).entry->state->load.outstanding = 1;
  old.control.drain(0, old.at());
  old.pass(30s);
  Control next(watched_group(2));
  hand_over(old, next);
  CHECK(next.state(0) == "draining");
  CHECK(next.control.snapshot().targets == old.control.snapshot().targets);
  CHECK(next.status().targets[2].effective_weight ==
        doctest::Approx(old.status().targets[2].effective_weight));
}

TEST_CASE("who was registered is a target of the next process, who left is so until it is gone") {
  Control old(group_of(2));
  old.control.add(target(8, "a", 3), Owner::api, old.at());
  old.control.add(target(9), Owner::dns, old.at());
  old.control.record(1).entry->state->load.outstanding = 1;
  old.control.remove(1, old.at());
  Control next(group_of(1));
  hand_over(old, next);
  const auto registered = next.control.find("t8");
  REQUIRE(registered);
  CHECK(next.control.record(*registered).settings() == target(8, "a", 3));
  CHECK(next.control.record(*registered).owner == Owner::api);
  const auto leaving = next.control.find("t2");
  REQUIRE(leaving);
  CHECK(next.control.record(*leaving).drain->leaves);
  CHECK_FALSE(next.control.find("t9"));  // its name says so, or does not
}

TEST_CASE("a target that was leaving and is in the file of the next process stays") {
  Control old(group_of(2));
  old.probe_all(true);
  old.control.record(1).entry->state->load.outstanding = 1;
  old.control.remove(1, old.at());
  Control next(group_of(2));
  hand_over(old, next);
  CHECK(next.state(1) == "healthy");
}

}  // namespace weir::server
