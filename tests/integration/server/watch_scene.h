#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lb/server/file_watcher.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace weir::server {

using namespace std::chrono_literals;
using model::Watch;

inline constexpr base::Duration kPatience = 20s;

// A directory with weir.yaml, which `conf.d/*.yaml` belongs to, and a watcher whose loads read it and
// succeed.
struct Scene {
  explicit Scene(const std::string& prepare = "echo version 0 > weir.yaml", Watch watch = {})
      : watch_setting(watch) {
    sh(prepare, 0);
    // As if the first load began long after that.
    begin_watch(clock.wall() + 1h);
  }

  void begin_watch(base::WallTime began) {
    watcher.emplace(loop, watch_setting, watched(), began,
                    FileWatcher::Callbacks{.changed = [this] { load(); }});
  }

  config::Watched watched() const {
    return {.files = {directory.path("weir.yaml")}, .patterns = {directory.path("conf.d/*.yaml")}};
  }

  void load() {
    loads.push_back(test::read_file(directory.path("weir.yaml")));
    if (outcome) return watcher->loaded(watched());
    if (watcher->failed(watched()) == FileWatcher::Failure::report) ++reports;
  }

  void sh(const std::string& script, int version) const {
    const test::Finished done =
        test::run({.arguments = {"sh", "-ec", script, "sh", std::to_string(version)},
                   .environment = {{"HOME", directory.path()}, {"GIT_CONFIG_NOSYSTEM", "1"}},
                   .directory = directory.path()});
    REQUIRE_MESSAGE(done.code == 0, script, done.out, done.err);
  }

  bool run_until(const std::function<bool()>& condition, base::Duration patience = kPatience) {
    const base::Instant end = clock.now() + patience;
    while (!condition()) {
      if (clock.now() >= end) return false;
      loop.run_once(10ms);
    }
    return true;
  }

  // The next load comes; how long after now.
  std::optional<base::Duration> next_load() {
    const base::Instant start = clock.now();
    const std::size_t before = loads.size();
    if (!run_until([&] { return loads.size() > before; })) return std::nullopt;
    return clock.now() - start;
  }

  bool rests(base::Duration duration = 300ms) {
    const std::size_t before = loads.size();
    return !run_until([&] { return loads.size() > before; }, duration);
  }

  base::SystemClock clock;
  Watch watch_setting;
  net::Loop loop{clock};
  test::TemporaryDirectory directory;
  std::optional<FileWatcher> watcher;
  std::vector<std::string> loads;
  bool outcome = true;
  int reports = 0;
};

}  // namespace weir::server
