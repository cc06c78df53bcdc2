#include "config/watch.h"

#include <string_view>
#include <vector>

#include "tests/unit/config/watch_world.h"

namespace weir::config {

TEST_CASE(
    "each way to save a file is loaded once, 100 ms after its last step, and what is loaded is the last") {
  struct Step {
    base::Duration pause;  // before it
    FileMark mark;
  };
  struct {
    std::string_view name;
    std::vector<Step> steps;
  } const rows[] = {
      {"truncate and write", {{0ms, file(1, 0, 1)}, {3ms, file(1, 90, 4)}}},
      {"write in many parts",
       {{0ms, file(1, 0, 1)}, {40ms, file(1, 30, 41)}, {80ms, file(1, 60, 121)}, {60ms, file(1, 90, 181)}}},
      {"write beside and rename", {{0ms, file(2, 90, 1)}}},
      {"rename away and write anew", {{0ms, absent()}, {1ms, file(3, 0, 1)}, {5ms, file(3, 90, 6)}}},
      {"swap of a symbolic link", {{0ms, file(7, 100, 1)}}},
      {"delete and create", {{0ms, absent()}, {90ms, file(1, 100, 90)}}},
      {"the same size in place", {{0ms, file(1, 100, 1)}}},
      {"touch", {{0ms, file(1, 100, 5)}}},
      {"a directory in its place",
       {{0ms, {.path = "weir.yaml", .kind = FileMark::Kind::other, .device = 1, .inode = 9}}}},
      {"a permission less", {{0ms, {.path = "weir.yaml", .error = EACCES}}}},
  };
  for (const auto& row : rows) {
    for (const bool events : {true, false}) {
      CAPTURE(row.name);
      CAPTURE(events);
      World world(events ? 2s : 100ms);
      world.events = events;
      world.run(1s);
      CHECK(world.loads == 0);
      for (const Step& step : row.steps) {
        world.run(step.pause);
        world.write(step.mark);
      }
      const base::Instant last = world.now;
      world.run(10s);
      CHECK(world.loads == 1);
      CHECK(world.loaded == row.steps.back().mark);
      CHECK(world.loaded_at - last >= (events ? 100ms : 0ms));
      CHECK(world.loaded_at - last <= (events ? 130ms : 230ms));
    }
  }
}

TEST_CASE("without hints there is one look for each interval") {
  World world;
  world.run(60s);
  CHECK(world.looks == 30);
  World never(std::nullopt);
  CHECK(never.watch.next_look() == base::kNever);
}

TEST_CASE("a change that comes back to what was loaded is none") {
  World world;
  const FileMark before = world.state;
  world.write(file(7, 100));
  world.run(50ms);
  world.write(before);
  world.run(10s);
  CHECK(world.loads == 0);
}

TEST_CASE("a thousand replacements in ten seconds are a few hundred looks, one remark and one load") {
  World world;
  int writes = 0;
  world.each = [&] {
    if (writes < 1000 && world.now.time_since_epoch() % 10ms == 0ms)
      world.write(file(10 + static_cast<std::uint64_t>(++writes), 90));
  };
  world.run(10s);
  CHECK(world.loads == 0);
  CHECK(world.looks <= 401);
  CHECK(world.restless == 1);
  world.run(200ms);
  CHECK(world.loads == 1);
  CHECK(world.loaded.inode == 1010);
  CHECK(world.restless == 1);
}

TEST_CASE("hints about other files cost ten looks a second and load nothing") {
  World world;
  world.each = [&] { world.watch.hint(); };
  world.run(10s);
  CHECK(world.looks <= 101);
  CHECK(world.loads == 0);
  world.write(file(2, 90));
  world.run(250ms);
  CHECK(world.loads == 1);
}

TEST_CASE("a file that is still open for writing may pause for longer") {
  World world;
  world.open = true;
  world.write(file(1, 0, 1));
  world.run(250ms);
  CHECK(world.loads == 0);
  world.write(file(1, 90, 250));
  world.run(20ms);
  world.open = false;
  world.watch.hint();
  world.run(130ms);
  CHECK(world.loads == 1);
  CHECK(world.loaded.size == 90);

  world.open = true;  // and is never closed
  world.write(file(1, 95, 900));
  world.run(450ms);
  CHECK(world.loads == 2);
}

TEST_CASE("a load that fails is repeated once, 150 ms later, and only then reported") {
  World world;
  world.good = [](const FileMark& mark) { return mark.size == 90; };
  world.write(file(1, 10, 1));
  world.run(200ms);
  CHECK(world.loads == 1);
  CHECK(world.reports == 0);
  world.run(100ms);
  CHECK(world.loads == 2);
  CHECK(world.reports == 1);
  world.run(60s);
  CHECK(world.loads == 2);

  world.write(file(1, 20, 2));  // the next change gets two loads of its own
  world.run(10s);
  CHECK(world.loads == 4);
  CHECK(world.reports == 2);
  world.write(file(1, 90, 3));
  world.run(10s);
  CHECK(world.loads == 5);
  CHECK(world.reports == 2);
}

TEST_CASE("a writer that pauses in the middle is not heard of") {
  World world;
  world.good = [](const FileMark& mark) { return mark.size == 90; };
  world.write(file(1, 10, 1));
  world.run(200ms);
  CHECK(world.loads == 1);
  world.write(file(1, 90, 200));
  world.run(10s);
  CHECK(world.loads == 2);
  CHECK(world.reports == 0);
}

TEST_CASE("a file that is bad each time is reported after five seconds even if it is written all the time") {
  World world;
  world.good = [](const FileMark&) { return false; };
  std::int64_t writes = 0;
  world.each = [&] {
    if (world.now.time_since_epoch() % 200ms == 0ms) world.write(file(1, 10, ++writes));
  };
  world.run(4s);
  CHECK(world.loads >= 10);
  CHECK(world.reports == 0);
  world.run(2s);
  CHECK(world.reports == 1);
}

TEST_CASE("nobody looks while a load is under way, and what changed meanwhile is loaded after it") {
  World world;
  world.watch.load_begins(world.marks());
  world.write(file(2, 90, 1));
  CHECK(world.watch.next_look() == base::kNever);
  world.watch.loaded(world.marks(), kBegan, world.now);
  world.run(10s);
  CHECK(world.loads == 1);
}

TEST_CASE("a file that is watched from now on has changed if it did after the load began") {
  struct {
    base::Duration changed;  // from the beginning of the load on
    int loads;
  } const rows[] = {{-1h, 0}, {-50ms, 0}, {0ms, 1}, {500ms, 1}};
  for (const auto& row : rows) {
    CAPTURE(row.changed.count());
    World world;
    world.watch.load_begins(world.marks());
    world.state.changed = (kBegan.time_since_epoch() + row.changed).count();
    Marks marks{{"new.yaml", {world.state}}};
    const auto look = [&] { return world.watch.looked(marks, world.now); };
    world.watch.loaded(marks, kBegan, world.now);
    int loads = 0;
    for (int i = 0; i < 10; ++i, world.now += 100ms) {
      if (look() != Advice::load) continue;
      ++loads;
      world.watch.loaded(marks, kBegan, world.now);
    }
    CHECK(loads == row.loads);
  }
}

TEST_CASE("a new match of a pattern is a change, and so is one that goes") {
  const Mark none{"*.yaml", {}};
  const Mark one{"*.yaml", {file(1, 100)}};
  for (const bool comes : {true, false}) {
    ChangeWatch watch(2s);
    const Marks before{comes ? none : one};
    const Marks after{comes ? one : none};
    watch.load_begins(before);
    watch.loaded(before, kBegan, base::Instant(1h));
    CHECK(watch.looked(after, base::Instant(1h) + 1s) == Advice::wait);
    CHECK(watch.next_look() == base::Instant(1h) + 1100ms);
    CHECK(watch.looked(after, base::Instant(1h) + 1100ms) == Advice::load);
  }
}

TEST_CASE("what is watched are all files of the load and the secrets, each once") {
  const Inputs inputs{.files = {"/b", "/a"}, .patterns = {"/d/*", "/d/*"}, .extra_files = {"/page", "/a"}};
  const Watched expected{.files = {"/a", "/b", "/keys", "/page"}, .patterns = {"/d/*"}};
  CHECK(watched(inputs, {"/keys"}) == expected);
}

}  // namespace weir::config
