#include "lb/server/group_control.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/server/group_scene.h"

using namespace std::chrono_literals;

namespace weir::server {
namespace {

using Slots = std::vector<balance::Slot>;

}  // namespace

TEST_CASE("a new group trusts whoever has not failed, until all have a verdict") {
  Control app(group_of(3));
  CHECK(app.control.take_effects().probe == Slots{0, 1, 2});
  CHECK_FALSE(app.status().ready);
  CHECK(app.served() == Slots{0, 1, 2});
  app.probe(0, true);
  app.probe(1, false);
  CHECK(app.state(0) == "healthy");
  CHECK(app.state(1) == "initial");
  CHECK(app.served() == Slots{0, 2});
  app.probe(1, false);
  CHECK(app.state(1) == "unhealthy");
  app.probe(2, true);
  CHECK(app.status().ready);
  CHECK(app.served() == Slots{0, 2});
}

TEST_CASE("a new group waits for verdicts no longer than a check's timeout and a second") {
  Control app(group_of(2));
  app.probe(0, true);
  app.pass(2999ms);
  CHECK_FALSE(app.status().ready);
  CHECK(app.served() == Slots{0, 1});
  app.pass(1ms);
  CHECK(app.status().ready);
  CHECK(app.served() == Slots{0});
}

TEST_CASE("a target that joins a running group stays out until its first pass") {
  Control app(group_of(1));
  app.probe_all(true);
  const balance::Slot slot = app.control.add(target(2), Owner::api, app.at());
  CHECK(app.control.take_effects().probe.back() == slot);
  CHECK(app.served() == Slots{0});
  app.probe(slot, true);
  CHECK(app.served() == Slots{0, 1});
  CHECK(app.told("health", "healthy"));
}

TEST_CASE("without checks every target is trusted at once, and a group that nobody forwards to is unused") {
  model::TargetGroup group = group_of(2);
  SUBCASE("without checks") {
    group.health_check.reset();
    Control app(group);
    CHECK(app.control.take_effects().probe.empty());
    CHECK(app.status().ready);
    CHECK(app.state(0) == "healthy");
    CHECK(app.status().targets[0].reason == "Target.HealthCheckDisabled");
    CHECK(app.served() == Slots{0, 1});
  }
  SUBCASE("unused") {
    GroupContext unused;
    unused.in_use = false;
    Control app(group, unused);
    CHECK(app.control.take_effects().probe.empty());
    CHECK(app.state(0) == "unused");
    CHECK(app.status().targets[0].reason == "Target.NotInUse");
  }
}

TEST_CASE("an unhealthy target gets nothing until it has passed often enough, and the evidence is there") {
  Control app(group_of(2));
  app.probe_all(true);
  app.control.take_effects();
  app.probe(0, false);
  CHECK(app.served() == Slots{0, 1});
  app.probe(0, false);
  CHECK(app.served() == Slots{1});
  CHECK(app.told("health", "unhealthy"));
  const admin::TargetStatus status = app.status().targets[0];
  CHECK(status.reason == "Target.ResponseCodeMismatch");
  CHECK(status.detail == "status: status 500 is not in 200-399");
  CHECK(status.probes.size() == 3);
  app.probe(0, false);
  CHECK(app.control.take_effects().events.empty());  // said once
  app.probe(0, true);
  CHECK(app.served() == Slots{1});
  app.probe(0, true);
  CHECK(app.served() == Slots{0, 1});
}

TEST_CASE("when no target is healthy all of them get requests, and whoever drains none") {
  Control app(group_of(3));
  for (int i = 0; i < 2; ++i) app.probe_all(false);
  CHECK(app.served() == Slots{0, 1, 2});
  CHECK(app.status().fail_open);
  app.control.drain(1, app.at());
  CHECK(app.served() == Slots{0, 2});
}

TEST_CASE("a target that fails in a row is ejected for a time, and then comes back") {
  Control app(group_of(4));
  app.probe_all(true);
  app.control.take_effects();
  app.fail(2);
  CHECK(app.state(2) == "ejected");
  CHECK(app.status().targets[2].reason == "consecutive_local");
  CHECK(app.served() == Slots{0, 1, 3});
  CHECK(app.told("ejection", "ejected"));
  app.pass(29s);
  CHECK(app.state(2) == "ejected");
  app.pass(1s);
  CHECK(app.state(2) == "healthy");
  CHECK(app.served() == Slots{0, 1, 2, 3});
  CHECK(app.status().targets[2].ejections == 1);
}

TEST_CASE("a passing check ends an ejection for failed connections, not one for bad answers") {
  Control app(group_of(4));
  app.probe_all(true);
  app.fail(0, health::PassiveKind::local);
  app.fail(1, health::PassiveKind::answered);
  app.probe(0, true);
  app.probe(1, true);
  CHECK(app.state(0) == "healthy");
  CHECK(app.state(1) == "ejected");
}

TEST_CASE("no more targets are ejected than allowed, and a row of failures begins anew then") {
  Control app(group_of(2));
  app.probe_all(true);
  app.fail(0);
  const std::uint32_t generation = app.control.record(1).entry->state->passive.generation();
  app.fail(1);
  CHECK(app.served() == Slots{1});
  CHECK(app.control.record(1).entry->state->passive.generation() != generation);
}

TEST_CASE("what another target with the same slot has done is not counted") {
  Control app(group_of(4));
  app.probe_all(true);
  const auto former = app.control.record(3).entry->state;
  app.control.remove(3, app.at());
  const balance::Slot slot = app.control.add(target(9), Owner::api, app.at());
  REQUIRE(slot == 3);
  app.probe(3, true);
  app.control.on_failing({"app", 3, former, health::PassiveKind::local}, app.at());
  CHECK(app.state(3) == "healthy");
}

TEST_CASE(
    "a drained target keeps what is in flight until its time is over, and comes back when it is asked to") {
  Control app(group_of(2));
  app.probe_all(true);
  app.control.take_effects();
  auto& load = app.control.record(0).entry->state->load;
  REQUIRE(load.take());
  app.control.drain(0, app.at());
  CHECK(app.state(0) == "draining");
  CHECK(app.served() == Slots{1});
  app.pass(59s);
  CHECK(app.control.take_effects().cut.empty());
  app.pass(1s);
  CHECK(app.control.take_effects().cut == Slots{0});
  app.pass(60s);
  CHECK(app.control.take_effects().cut.empty());
  CHECK(app.state(0) == "draining");
  app.control.undrain(0, app.at());
  CHECK(app.served() == Slots{0, 1});
}

TEST_CASE("a target that was deregistered leaves when it is idle, at the latest when its time is over") {
  Control app(group_of(2));
  app.probe_all(true);
  auto& load = app.control.record(0).entry->state->load;
  REQUIRE(load.take());
  app.control.take_effects();
  SUBCASE("idle") {
    app.control.remove(0, app.at());
    app.pass(10s);
    CHECK(app.status().targets.size() == 2);
    load.give_back();
    app.pass(200ms);
    CHECK(app.control.take_effects().cut.empty());
  }
  SUBCASE("never idle") {
    app.control.remove(0, app.at());
    app.pass(60s);
    const auto effects = app.control.take_effects();
    CHECK(effects.cut == Slots{0});
    CHECK(effects.unprobe == Slots{0});
  }
  SUBCASE("was idle all the time") {
    load.give_back();
    app.control.remove(0, app.at());
  }
  REQUIRE(app.status().targets.size() == 1);
  CHECK(app.status().targets[0].id == "t2");
  const proxy::GroupView view = app.view();
  CHECK((*view.members)[0] == nullptr);
}

TEST_CASE("targets of a shifted zone get nothing, not even when the group fails open") {
  model::TargetGroup group = group_of(0);
  group.targets = {target(1, "a"), target(2, "a"), target(3, "b")};
  Control app(group);
  app.probe_all(true);
  CHECK(app.control.usable_without({"a"}));
  CHECK_FALSE(app.control.usable_without({"a", "b"}));
  app.control.set_shifted({"a"}, app.at());
  CHECK(app.served() == Slots{2});
  CHECK(app.status().targets[0].zone_shifted);
  for (int i = 0; i < 2; ++i) app.probe(2, false);
  CHECK(app.served() == Slots{2});
  CHECK(app.status().fail_open);
  app.control.set_shifted({}, app.at());
  CHECK(app.served() == Slots{0, 1});
}

TEST_CASE("a target that joins a zone which is shifted away gets nothing either") {
  model::TargetGroup group = group_of(0);
  group.targets = {target(1, "a"), target(2, "b")};
  Control app(group);
  app.probe_all(true);
  app.control.set_shifted({"a"}, app.at());
  const balance::Slot slot = app.control.add(target(3, "a"), Owner::api, app.at());
  app.probe(slot, true);
  CHECK(app.served() == Slots{1});
  app.control.set_shifted({}, app.at());
  CHECK(app.served() == Slots{0, 1, 2});
}

TEST_CASE("a slow start that was broken off leaves no lower limit behind") {
  model::TargetGroup group = group_of(2);
  group.slow_start = 10s;
  group.targets[1].max_requests = 100;
  Control app(group);
  app.probe_all(true);
  for (int i = 0; i < 2; ++i) app.probe(1, false);
  for (int i = 0; i < 2; ++i) app.probe(1, true);
  const auto& limit = app.control.record(1).entry->state->load.limit;
  REQUIRE(limit == 10);
  app.control.drain(1, app.at());
  for (int i = 0; i < 2; ++i) app.probe(0, false);  // nobody is warm when it comes back
  app.control.undrain(1, app.at());
  CHECK(app.status().targets[1].effective_weight == 1);
  CHECK(limit == 100);
}

TEST_CASE("slow start: whoever joins warm targets gets its part little by little, the first batch at once") {
  model::TargetGroup group = group_of(2);
  group.slow_start = 10s;
  group.targets[1].max_requests = 100;
  Control app(group);
  app.probe_all(true);
  const auto weight = [&](balance::Slot slot) { return app.status().targets[slot].effective_weight; };
  CHECK(weight(0) == 1);
  CHECK(weight(1) == 1);
  for (int i = 0; i < 2; ++i) app.probe(1, false);
  for (int i = 0; i < 2; ++i) app.probe(1, true);
  CHECK(weight(1) == doctest::Approx(0.1));
  CHECK(app.control.record(1).entry->state->load.limit == 10);
  app.pass(5s);
  CHECK(weight(1) == doctest::Approx(0.5).epsilon(0.02));
  CHECK(app.control.changed());
  app.pass(5100ms);
  CHECK(weight(1) == 1);
  CHECK(app.control.record(1).entry->state->load.limit == 100);
  CHECK(app.control.next_time() == base::kNever);
}

TEST_CASE("a target whose share of successes is far below the others' is ejected") {
  model::TargetGroup group = group_of(6);
  group.outlier_detection->success_rate.emplace();
  Control app(group);
  app.probe_all(true);
  for (balance::Slot slot = 0; slot < 6; ++slot) {
    auto& passive = app.control.record(slot).entry->state->passive;
    for (int i = 0; i < 200; ++i) {
      if (slot == 4 && i % 2 == 0) {
        passive.failure(0, health::PassiveKind::answered, 1000, passive.generation());
      } else {
        passive.success(0, passive.generation());
      }
    }
  }
  app.pass(10s);
  CHECK(app.state(4) == "ejected");
  CHECK(app.status().targets[4].reason == "success_rate");
  CHECK(app.served() == Slots{0, 1, 2, 3, 5});
}

TEST_CASE("members and their shared counts stay the same when only a state changes") {
  Control app(group_of(2));
  app.probe_all(true);
  const proxy::GroupView before = app.view();
  for (int i = 0; i < 2; ++i) app.probe(0, false);
  const proxy::GroupView after = app.view();
  CHECK(before.members == after.members);
  CHECK(before.targets != after.targets);
}

TEST_CASE("that a group fails open, and that it no longer does, is told once") {
  model::TargetGroup group = group_of(2);
  group.health_check->unhealthy_threshold = group.health_check->healthy_threshold = 1;
  const bool refuse = [] {
    bool refuses = false;
    SUBCASE("all get requests") {}
    SUBCASE("none does") { refuses = true; }
    return refuses;
  }();
  group.fail_open.refuse = refuse;
  Control app(group);
  app.probe_all(true);
  app.view();
  app.control.take_effects();
  app.probe_all(false);
  CHECK(app.served() == (refuse ? Slots{} : Slots{0, 1}));
  CHECK(app.told("fail_open", refuse ? "refuses all requests" : "fails open"));
  app.view();
  CHECK_FALSE(app.told("fail_open", refuse ? "refuses all requests" : "fails open"));
  app.probe_all(true);
  app.view();
  CHECK(app.told("fail_open", "serves by health"));
}

TEST_CASE(
    "with cross_zone off only the own zone's targets serve, and none of the others could take its place") {
  model::TargetGroup group = group_of(0);
  group.targets = {target(1, "a"), target(2, "b")};
  group.cross_zone = model::CrossZone::off;
  Control app(group, {.own_zone = "a"});
  app.probe_all(true);
  CHECK(app.served() == Slots{0});
  CHECK_FALSE(app.control.usable_without({"a"}));
  CHECK(app.control.usable_without({"b"}));
}

TEST_CASE("another weight or limit is told") {
  Control app(group_of(1));
  app.control.take_effects();
  model::Target changed = target(1);
  changed.weight = 5;
  app.control.change(0, changed, Owner::api, app.at());
  const auto events = app.control.take_effects().events;
  REQUIRE(events.size() == 1);
  CHECK(events[0].to == "changed");
  CHECK(events[0].detail == "weight 1 -> weight 5");
  app.control.change(0, changed, Owner::api, app.at());
  CHECK(app.control.take_effects().events.empty());
}

TEST_CASE("the evidence of a failure names the port of the check if that is another one") {
  model::TargetGroup group = group_of(1);
  group.health_check->port = 9000;
  Control app(group);
  app.probe(0, false);
  app.probe(0, false);
  const auto events = app.control.take_effects().events;
  REQUIRE(events.size() == 1);
  CHECK(events[0].detail == "port 9000, status: status 500 is not in 200-399");
}

TEST_CASE("a client stays bound to a target unless that is lost to it, and while it drains") {
  using sticky::Fitness;
  model::TargetGroup group = group_of(0);
  group.stickiness.emplace();
  group.cross_zone = model::CrossZone::off;
  group.targets = {target(1, "a"), target(2, "b"), target(3, "a"), target(4, "a"), target(5, "a", 0)};
  Control app(group, {.own_zone = "a", .workers = 1});
  app.probe_all(true);
  app.probe(2, false);
  app.probe(2, false);
  app.control.drain(3, app.at());
  CHECK(*app.view().bindings == proxy::Bindings{Fitness::usable, Fitness::elsewhere, Fitness::unhealthy,
                                                Fitness::draining, Fitness::usable});
  app.pass(60s);
  CHECK(app.control.changed());
  CHECK(app.view().bindings->at(3) == Fitness::gone);
  app.control.set_shifted({"a"}, app.at());
  CHECK(app.view().bindings->at(0) == Fitness::elsewhere);
}

TEST_CASE("when the group fails open clients stay where they are, though that is unhealthy") {
  model::TargetGroup group = group_of(2);
  group.stickiness.emplace();
  SUBCASE("open") {}
  SUBCASE("refusing") { group.fail_open.refuse = true; }
  Control app(group);
  app.probe_all(false);
  app.probe_all(false);
  const auto expected = group.fail_open.refuse ? sticky::Fitness::unhealthy : sticky::Fitness::usable;
  CHECK(app.view().bindings->at(0) == expected);
}

TEST_CASE("a drain ends early only when nothing is in flight and no session came for five minutes") {
  model::TargetGroup group = group_of(2);
  group.drain = 3600s;
  group.stickiness.emplace();
  Control app(group);
  app.probe_all(true);
  app.control.record(0).entry->sessions->add(42, app.now);
  app.control.remove(0, app.at());
  app.pass(290s);
  REQUIRE(app.control.has(0));
  CHECK(app.control.fact(app.at()).targets.front().sessions == 1);
  app.pass(80s);
  CHECK(!app.control.has(0));
}

TEST_CASE("only of a sticky group clients are told whether they stay") {
  Control app(group_of(2));
  CHECK(app.view().bindings == nullptr);
  CHECK(app.control.record(0).entry->sessions == nullptr);
}

TEST_CASE("what a new configuration has as it was before goes on as it was") {
  model::TargetGroup group = group_of(3);
  group.outlier_detection->max_ejected_percent = 50;
  Control app(group);
  app.probe_all(true);
  app.probe(1, false);
  app.probe(1, false);
  app.fail(2);
  app.control.take_effects();
  const auto state = app.control.record(0).entry->state;
  const auto members = app.view().members;
  app.reload(group);
  CHECK(app.control.take_effects().empty());
  CHECK(app.view().members == members);
  CHECK(app.control.record(0).entry->state == state);
  CHECK(app.state(0) == "healthy");
  CHECK(app.state(1) == "unhealthy");
  CHECK(app.state(2) == "ejected");
}

TEST_CASE("a new configuration adds, changes and removes targets, and keeps what it knows of the others") {
  model::TargetGroup group = group_of(3);
  Control app(group);
  app.probe_all(true);
  const auto state = app.control.record(1).entry->state;
  state->load.take();
  app.control.take_effects();
  group.targets = {target(2, "", 5), target(4)};
  app.reload(group);
  auto effects = app.control.take_effects();
  CHECK(effects.unprobe == Slots{0, 2});  // nothing was in flight there
  CHECK(effects.probe.size() == 1);
  CHECK(app.control.size() == 2);
  const auto second = *app.control.find("t2");
  CHECK(app.control.record(second).settings().weight == 5);
  CHECK(app.control.record(second).entry->state == state);
  CHECK(app.status().targets.size() == 2);
}

TEST_CASE("a target that a new configuration leaves out drains, and stays if the next one has it again") {
  model::TargetGroup group = group_of(2);
  Control app(group);
  app.probe_all(true);
  const auto state = app.control.record(0).entry->state;
  state->load.take();
  model::TargetGroup without = group;
  without.targets.erase(without.targets.begin());
  app.reload(without);
  CHECK(app.state(0) == "draining");
  CHECK(app.served() == Slots{1});
  app.reload(group);
  CHECK(app.state(0) == "healthy");
  CHECK(app.control.record(0).entry->state == state);
  CHECK(app.served() == Slots{0, 1});
}

TEST_CASE("an id that another target takes over leaves the one that had it with its address") {
  model::TargetGroup group = group_of(2);
  Control app(group);
  app.probe_all(true);
  app.control.record(0).entry->state->load.take();
  group.targets[0].address = *base::SocketAddress::parse("10.0.0.9:80");
  app.reload(group);
  CHECK(app.control.record(0).settings().id == "10.0.0.1:80");
  CHECK(app.control.record(*app.control.find("t1")).settings().address.to_string() == "10.0.0.9:80");
}

TEST_CASE("a registered target that the file has now is the file's, with all that is known of it") {
  model::TargetGroup group = group_of(1);
  Control app(group);
  const auto slot = app.control.add(target(2), Owner::api, app.at());
  app.probe_all(true);
  const auto state = app.control.record(slot).entry->state;
  group.targets.push_back(target(2));
  app.reload(group);
  CHECK(app.control.record(slot).owner == Owner::file);
  CHECK(app.control.record(slot).entry->state == state);
  CHECK(app.state(slot) == "healthy");
  app.reload(group_of(1));
  CHECK_FALSE(app.control.has(slot));
}

TEST_CASE("checks that change are made anew, verdicts stay; checks that end leave none") {
  model::TargetGroup group = group_of(2);
  Control app(group);
  app.probe_all(true);
  app.probe(0, false);
  app.probe(0, false);
  app.control.take_effects();
  group.health_check->path = "/other";
  app.reload(group);
  auto effects = app.control.take_effects();
  CHECK(effects.probe == Slots{0, 1});
  CHECK(effects.repaced == Slots{0, 1});
  CHECK(app.state(0) == "unhealthy");
  group.health_check.reset();
  app.reload(group);
  effects = app.control.take_effects();
  CHECK(effects.unprobe == Slots{0, 1});
  CHECK(app.state(0) == "healthy");
  group.health_check.emplace();
  app.reload(group);
  CHECK(app.control.take_effects().probe == Slots{0, 1});
  CHECK(app.served() == Slots{0, 1});
}

TEST_CASE("outlier detection that is switched off lifts its ejections, and begins anew when it is back") {
  model::TargetGroup group = group_of(3);
  Control app(group);
  app.probe_all(true);
  app.fail(0);
  REQUIRE(app.state(0) == "ejected");
  const auto detection = std::exchange(group.outlier_detection, std::nullopt);
  app.reload(group);
  CHECK(app.state(0) == "healthy");
  app.fail(0);
  CHECK(app.state(0) == "healthy");
  group.outlier_detection = detection;
  app.reload(group);
  app.fail(0);
  CHECK(app.state(0) == "ejected");
}

TEST_CASE("clients stick to targets from the reload on that says so, and no longer than the next") {
  model::TargetGroup group = group_of(2);
  Control app(group);
  app.probe_all(true);
  group.stickiness.emplace();
  app.reload(group);
  const proxy::GroupView view = app.view();
  REQUIRE(view.bindings);
  CHECK(view.members->find("t2") == 1);
  CHECK(app.control.record(0).entry->sessions != nullptr);
  group.stickiness.reset();
  app.reload(group);
  CHECK(app.view().bindings == nullptr);
  CHECK_FALSE(app.view().members->find("t2"));
}

TEST_CASE("a group that comes into use is checked from then on") {
  const model::TargetGroup group = group_of(1);
  Control app(group, {.own_zone = "", .workers = 1, .in_use = false});
  CHECK(app.control.take_effects().probe.empty());
  CHECK(app.state(0) == "unused");
  app.reload(group);
  CHECK(app.control.take_effects().probe == Slots{0});
  CHECK(app.served() == Slots{0});
}

TEST_CASE("verdicts of a group outlive that nobody uses it for a time") {
  const model::TargetGroup group = group_of(2);
  Control app(group);
  app.probe(0, true);
  app.probe(1, false);
  app.probe(1, false);
  GroupContext unused;
  unused.in_use = false;
  app.reload(group, unused);
  CHECK(app.state(1) == "unused");
  app.reload(group);
  CHECK(app.state(0) == "healthy");
  CHECK(app.state(1) == "unhealthy");
  CHECK(app.served() == Slots{0});
}

}  // namespace weir::server
