#pragma once

#include <doctest/doctest.h>

#include <cerrno>
#include <functional>
#include <optional>

#include "config/watch.h"

namespace weir::config {

using namespace std::chrono_literals;
using Advice = ChangeWatch::Advice;
using Failure = ChangeWatch::Failure;

inline const base::WallTime kBegan{std::chrono::seconds(1'700'000'000)};
constexpr std::int64_t kLongAgo = 1'600'000'000'000'000'000;

inline FileMark file(std::uint64_t inode, std::uint64_t size, std::int64_t time = 0) {
  return {.path = "weir.yaml",
          .device = 1,
          .inode = inode,
          .size = size,
          .modified = kLongAgo + time,
          .changed = kLongAgo + time};
}

inline FileMark absent() { return {.path = "weir.yaml", .error = ENOENT}; }

// The file system, the loop and the daemon of a watch: time moves by milliseconds, looks happen when the
// watch wants them, and a load takes no time.
struct World {
  explicit World(std::optional<base::Duration> poll = 2s) : watch(poll) {
    watch.load_begins({});
    watch.loaded(marks(), kBegan, now);
    now += 1s;
  }

  Marks marks() const { return {{"weir.yaml", {state}}}; }

  void write(const FileMark& mark) {
    state = mark;
    if (events) watch.hint();
  }

  void run(base::Duration duration) {
    for (const auto end = now + duration; now < end; now += 1ms) {
      if (each) each();
      if (now < watch.next_look()) continue;
      ++looks;
      const Advice advice = watch.looked(marks(), now, open);
      if (advice == Advice::restless) ++restless;
      if (advice == Advice::load) load();
    }
  }

  void load() {
    ++loads;
    loaded = state;
    loaded_at = now;
    if (good(state)) return watch.loaded(marks(), kBegan, now);
    if (watch.failed(marks(), kBegan, now) == Failure::report) ++reports;
  }

  base::Instant now{1h};
  FileMark state = file(1, 100);
  bool events = true;
  bool open = false;
  std::function<void()> each;
  std::function<bool(const FileMark&)> good = [](const FileMark&) { return true; };
  ChangeWatch watch;
  FileMark loaded;
  base::Instant loaded_at;
  int looks = 0;
  int loads = 0;
  int reports = 0;
  int restless = 0;
};

}  // namespace weir::config
