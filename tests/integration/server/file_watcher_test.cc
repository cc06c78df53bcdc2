#include "lb/server/file_watcher.h"

#include <filesystem>

#include "tests/integration/server/watch_scene.h"

namespace weir::server {

TEST_CASE("included files come, change and go") {
  const char* const steps[] = {
      "mkdir conf.d",  // not a change yet, but what is to be watched now
      "echo a > conf.d/a.yaml",
      "echo b > conf.d/a.yaml",
      "echo b > new; mv new conf.d/b.yaml",
      "mkdir other; echo c > other/c.yaml; mv conf.d old; mv other conf.d; rm -r old",
      "echo d > conf.d/c.yaml",
      "rm conf.d/c.yaml",
      "rm -r conf.d; mkdir conf.d; echo e > conf.d/e.yaml",
      "echo f > conf.d/e.yaml",
  };
  Scene scene;
  for (const char* const step : steps) {
    CAPTURE(step);
    scene.sh(step, 0);
    if (step == std::string_view("mkdir conf.d")) {
      CHECK(scene.rests());
    } else {
      CHECK(scene.next_load());
    }
  }
  CHECK(scene.rests());
}

TEST_CASE("other files beside it, and a directory that is only read, are nothing to load") {
  Scene scene;
  scene.sh("mkdir conf.d; echo a > conf.d/notes.txt; touch .weir.yaml.swp weir.yaml~; ls -R; cat weir.yaml",
           0);
  CHECK(scene.rests());
}

TEST_CASE("a touch is loaded, and so is the same content written again") {
  Scene scene;
  scene.sh("touch weir.yaml", 0);
  CHECK(scene.next_load());
  scene.sh("echo version 0 > weir.yaml", 0);
  CHECK(scene.next_load());
}

TEST_CASE("whatever stands in the place of the file, the watcher tells and goes on") {
  const char* const disasters[] = {
      "rm weir.yaml",
      "rm weir.yaml; mkdir weir.yaml",
      "rm weir.yaml; mkfifo weir.yaml",
      "rm weir.yaml; ln -s weir.yaml weir.yaml",
      "rm weir.yaml; ln -s nowhere/at/all weir.yaml",
      "truncate -s 1G weir.yaml",
      "chmod 0 weir.yaml",
      ": > weir.yaml",
  };
  for (const char* const disaster : disasters) {
    CAPTURE(disaster);
    Scene scene;
    int changes = 0;
    const config::Watched watched = scene.watched();
    scene.watcher.emplace(scene.loop, Watch(), watched, scene.clock.wall() + 1h,
                          FileWatcher::Callbacks{.changed = [&] {
                            ++changes;
                            scene.watcher->loaded(watched);  // the daemon serves on
                          }});
    scene.sh(disaster, 0);
    CHECK(scene.run_until([&] { return changes == 1; }));
    scene.sh("rm -rf weir.yaml; echo version $1 > weir.yaml", 7);
    CHECK(scene.run_until([&] { return changes == 2; }));
  }
}

TEST_CASE("a file that is replaced all the time is loaded when that ends, and seldom before") {
  Scene scene;
  const base::Instant start = scene.clock.now();
  for (int i = 0; i < 1000; ++i) {
    std::filesystem::rename(scene.directory.write("new", "version " + std::to_string(i) + "\n"),
                            scene.directory.path("weir.yaml"));
    scene.loop.run_once(1ms);
  }
  REQUIRE(scene.run_until([&] { return !scene.loads.empty() && scene.loads.back() == "version 999\n"; }));
  // Each takes a moment of stillness, which only a busy machine can bring about before the end.
  CHECK(static_cast<std::int64_t>(scene.loads.size()) <= (scene.clock.now() - start) / 100ms);
}

TEST_CASE("a program that writes slowly is waited for") {
  Scene scene;
  test::Process writer(
      {.arguments = {"sh", "-c", "{ for i in 1 2 3 4 5; do echo $i; sleep 0.12; done; } > weir.yaml"},
       .directory = scene.directory.path()});
  CHECK(scene.run_until([&] { return !scene.loads.empty() && scene.loads.back() == "1\n2\n3\n4\n5\n"; }));
  CHECK(scene.rests());
}

TEST_CASE("a load that fails is asked for once more, then it is reported") {
  Scene scene;
  scene.outcome = false;
  scene.sh("echo bad > weir.yaml", 0);
  CHECK(scene.run_until([&] { return scene.reports == 1; }));
  CHECK(scene.loads.size() == 2);
  CHECK(scene.rests());
  scene.outcome = true;
  scene.sh("echo good > weir.yaml", 0);
  CHECK(scene.next_load());
  CHECK(scene.reports == 1);
}

TEST_CASE("what was written between the first load and the watcher is loaded") {
  Scene scene;
  scene.watcher.reset();
  const base::WallTime began = scene.clock.wall();
  scene.sh("echo version 1 > weir.yaml", 0);
  scene.begin_watch(began);
  CHECK(scene.next_load());
  CHECK(scene.loads.back() == "version 1\n");
  CHECK(scene.rests());
}

TEST_CASE("a load that somebody else asks for is not repeated, and what comes during it is not lost") {
  Scene scene;
  scene.sh("echo version 1 > weir.yaml", 0);
  scene.watcher->load_begins();
  CHECK(scene.rests());
  scene.watcher->loaded(scene.watched());
  CHECK(scene.rests());
  scene.watcher->load_begins();
  scene.sh("echo version 2 > weir.yaml", 0);
  scene.watcher->loaded(scene.watched());
  CHECK(scene.next_load());
}

TEST_CASE("switched off it does nothing") {
  Scene scene("echo version 0 > weir.yaml", {.mode = Watch::Mode::off});
  scene.sh("echo version 1 > weir.yaml", 0);
  CHECK(scene.rests());
  scene.watcher->load_begins();
  CHECK(scene.watcher->failed(scene.watched()) == FileWatcher::Failure::report);
  CHECK(scene.rests());
}

TEST_CASE("a watcher may be replaced from inside its callback") {
  Scene scene;
  bool changed = false;
  scene.watcher.emplace(scene.loop, Watch(), scene.watched(), scene.clock.wall() + 1h,
                        FileWatcher::Callbacks{.changed = [&] {
                          changed = true;
                          scene.begin_watch(scene.clock.wall());
                        }});
  scene.sh("echo version 1 > weir.yaml", 0);
  CHECK(scene.run_until([&] { return changed; }));
  scene.sh("echo version 2 > weir.yaml", 0);
  CHECK(scene.run_until([&] { return !scene.loads.empty() && scene.loads.back() == "version 2\n"; }));
}

}  // namespace weir::server
