// What the admin API may ask, and what of it the next process begins with. Nothing is probed.

#include "lb/server/target_directory.h"

#include <doctest/doctest.h>

#include "tests/support/temporary_directory.h"

using namespace std::chrono_literals;

namespace weir::server {
namespace {

base::SocketAddress address(int number) {
  return *base::SocketAddress::parse("10.0.0." + std::to_string(number) + ":80");
}

model::Target target(int number, const std::string& zone, const std::string& id) {
  model::Target target;
  target.address = address(number);
  target.zone = zone;
  target.id = id;
  return target;
}

// A group `app` that a listener forwards to, and `spare`, which nobody uses.
model::Snapshot two_groups() {
  model::Snapshot snapshot;
  model::TargetGroup app;
  app.name = "app";
  app.health_check.reset();
  app.targets = {target(1, "a", "first"), target(2, "b", "second")};
  model::TargetGroup spare = app;
  spare.name = "spare";
  spare.targets = {target(9, "a", "ninth")};
  snapshot.target_groups = {app, spare};
  model::Listener listener;
  listener.default_action = model::ForwardAction{.groups = {{.target_group = "app"}}};
  snapshot.listeners = {listener};
  return snapshot;
}

// `app` has gone.
model::Snapshot without_app() {
  model::Snapshot snapshot = two_groups();
  snapshot.target_groups.erase(snapshot.target_groups.begin());
  snapshot.listeners[0].default_action = model::ForwardAction{.groups = {{.target_group = "spare"}}};
  return snapshot;
}

std::shared_ptr<const Configuration> configuration_of(model::Snapshot snapshot,
                                                      const std::string& state_dir) {
  snapshot.process.state_dir = state_dir;
  return *make_configuration(std::move(snapshot), {}, nullptr);
}

struct DirectoryScene {
  explicit DirectoryScene(model::Snapshot snapshot = two_groups(), const std::string& state_dir = "")
      : directory(context, *configuration_of(std::move(snapshot), state_dir), 1) {}
  ~DirectoryScene() { directory.stop(); }
  DirectoryScene(const DirectoryScene&) = delete;
  DirectoryScene& operator=(const DirectoryScene&) = delete;

  void start() {
    directory.start({.publish = [](const std::string&, const proxy::GroupView&) {},
                     .cut = [](const std::string&, balance::Slot) {},
                     .remove = [](const std::string&) {}},
                    [] {});
  }
  void apply(model::Snapshot snapshot, const std::string& state_dir = "") {
    directory.apply(*configuration_of(std::move(snapshot), state_dir));
    directory.settle();
  }
  void pass(base::Duration time) {
    clock.advance(time);
    loop.run_once(1ms);
    loop.run_once(1ms);
  }
  std::expected<bool, admin::Refusal> add(const admin::Registration& registration) {
    return directory.register_target("app", registration);
  }

  base::ManualClock clock;
  net::Loop loop{clock};
  wire::Context context{loop};
  TargetDirectory directory;
};

admin::Registration third() {
  return {.address = address(3), .zone = "a", .weight = 3, .max_requests = 5, .id = "third"};
}

}  // namespace

TEST_CASE("registering a target once more changes what is said, and nothing else") {
  DirectoryScene scene;
  REQUIRE(scene.add(third()).value());
  CHECK_FALSE(scene.add({.address = address(3), .weight = 2}).value());
  const auto changed = scene.directory.target("app", "third");
  REQUIRE(changed);
  CHECK(changed->weight == 2);
  CHECK(changed->zone == "a");
  CHECK(changed->max_requests == 5);
  const auto moved = scene.add({.address = address(3), .zone = "b"});
  REQUIRE_FALSE(moved);
  CHECK(moved.error().status == 409);
  CHECK(moved.error().detail ==
        "it is registered as 'third' in zone 'a': to change that, deregister it first");
}

TEST_CASE("registered targets outlive the process, also when the file has taken their id or address") {
  const test::TemporaryDirectory state;
  {
    DirectoryScene scene(two_groups(), state.path());
    REQUIRE(scene.add(third()));
    REQUIRE(scene.add({.address = address(4)}));
  }
  model::Snapshot snapshot = two_groups();
  snapshot.target_groups[0].targets.push_back(target(5, "", "third"));
  snapshot.target_groups[0].targets.push_back(target(4, "b", "fourth"));
  const DirectoryScene next(snapshot, state.path());
  const auto renamed = next.directory.target("app", "10.0.0.3:80");
  REQUIRE(renamed);
  CHECK(renamed->id == "10.0.0.3:80");
  CHECK(renamed->owner == "api");
  CHECK(renamed->weight == 3);
  CHECK(next.directory.target("app", "third")->address == "10.0.0.5:80");
  CHECK(next.directory.target("app", "10.0.0.4:80")->owner == "file");
}

TEST_CASE("what was asked of a group is there again when the group comes back within the hour") {
  const test::TemporaryDirectory state;
  DirectoryScene scene(two_groups(), state.path());
  scene.start();
  REQUIRE(scene.add(third()));
  REQUIRE(scene.directory.drain("app", "first"));
  const auto leave = [&] {
    scene.apply(without_app(), state.path());
    scene.pass(10s);    // nobody waits for it any more
    scene.pass(10min);  // its targets have drained
    REQUIRE_FALSE(scene.directory.target("app", "second"));
  };
  leave();
  {
    const DirectoryScene restarted(two_groups(), state.path());
    CHECK(restarted.directory.target("app", "third"));
  }
  scene.apply(two_groups(), state.path());
  const auto back = scene.directory.target("app", "third");
  REQUIRE(back);
  CHECK(back->owner == "api");
  CHECK(back->weight == 3);
  CHECK(scene.directory.target("app", "first")->state == "draining");
  CHECK(scene.directory.target("app", "second")->state != "draining");
  leave();
  scene.pass(1h);
  scene.apply(two_groups(), state.path());
  CHECK_FALSE(scene.directory.target("app", "third"));
}

TEST_CASE("a group that comes back while its targets drain has those that were registered with it") {
  DirectoryScene scene;
  scene.start();
  REQUIRE(scene.add(third()));
  (*scene.directory.setups()[0].view.members)[2]->state->load.outstanding.fetch_add(1);
  scene.apply(without_app());
  scene.pass(10s);
  REQUIRE(scene.directory.target("app", "third")->state == "draining");
  scene.apply(two_groups());
  CHECK(scene.directory.target("app", "third")->state != "draining");
}

TEST_CASE("an id that is the address of another target is refused") {
  DirectoryScene scene;
  const auto refused = scene.add({.address = address(3), .id = "10.0.0.4:80"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().status == 400);
  CHECK(refused.error().detail == "the id '10.0.0.4:80' is the address of another target");
  CHECK(scene.add({.address = address(3), .id = "10.0.0.3:80"}));
}

TEST_CASE("a shift is refused for the sake of groups that are used, and of those alone") {
  DirectoryScene scene;
  CHECK(scene.directory.shift("a", 1min, "", /*force=*/false));
  const auto last = scene.directory.shift("b", 1min, "", /*force=*/false);
  REQUIRE_FALSE(last);
  CHECK(last.error().detail.find("'app'") != std::string::npos);
}

TEST_CASE("with cross_zone off the own zone is the last one that can be shifted") {
  model::Snapshot snapshot = two_groups();
  snapshot.process.zone = "a";
  snapshot.target_groups[0].cross_zone = model::CrossZone::off;
  DirectoryScene scene(snapshot);
  CHECK_FALSE(scene.directory.shift("a", 1min, "", /*force=*/false));
  CHECK(scene.directory.shift("b", 1min, "", /*force=*/false));
}

TEST_CASE("a group that nobody uses says nothing of whether requests can be served") {
  DirectoryScene scene;
  const auto groups = scene.directory.summaries();
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].in_use);
  CHECK_FALSE(groups[1].in_use);
}

}  // namespace weir::server
