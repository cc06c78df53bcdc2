#include "lb/net/timer_wheel.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace weir::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Instant kStart{std::chrono::hours(1)};

// A deadline that remembers when it was called.
struct Entry {
  explicit Entry(TimerWheel& wheel)
      : deadline(wheel, this, [](void* self) { static_cast<Entry*>(self)->call(); }) {}
  void call() {
    ++calls;
    if (then) then();
  }
  int calls = 0;
  std::function<void()> then;
  Deadline deadline;
};

}  // namespace

TEST_CASE("a deadline calls back once, at most a tick late and never early") {
  TimerWheel wheel(kStart);
  Entry entry(wheel);
  for (int i = 0; i < 100; ++i) {
    const base::Instant at = kStart + milliseconds(i * 37 + 1);
    entry.calls = 0;
    entry.deadline.set(at);
    wheel.advance(at - base::Duration(1));
    CHECK(entry.calls == 0);
    wheel.advance(at + TimerWheel::kTick);
    CHECK(entry.calls == 1);
    CHECK(entry.deadline.at() == base::kNever);
  }
}

TEST_CASE("deadlines come in the order of their ticks") {
  TimerWheel wheel(kStart);
  std::vector<int> order;
  std::vector<std::unique_ptr<Entry>> entries;
  for (const int at : {500, 20, 40'000, 100, 33'000}) {
    entries.push_back(std::make_unique<Entry>(wheel));
    entries.back()->then = [&order, at] { order.push_back(at); };
    entries.back()->deadline.set(kStart + milliseconds(at));
  }
  wheel.advance(kStart + seconds(60));
  CHECK(order == std::vector<int>{20, 100, 500, 33'000, 40'000});
  CHECK(wheel.next() == base::kNever);
}

TEST_CASE("a deadline may be set later, earlier and cleared") {
  TimerWheel wheel(kStart);
  Entry entry(wheel);
  entry.deadline.set(kStart + seconds(1));
  entry.deadline.set(kStart + seconds(3));
  wheel.advance(kStart + seconds(2));
  CHECK(entry.calls == 0);
  entry.deadline.set(kStart + milliseconds(2100));
  wheel.advance(kStart + milliseconds(2110));
  CHECK(entry.calls == 1);
  entry.deadline.set(kStart + seconds(4));
  entry.deadline.clear();
  wheel.advance(kStart + seconds(10));
  CHECK(entry.calls == 1);
  entry.deadline.set(kStart + seconds(11));
  wheel.advance(kStart + seconds(12));
  CHECK(entry.calls == 2);
}

TEST_CASE("a deadline beyond the horizon of the wheel waits its whole time") {
  TimerWheel wheel(kStart);
  Entry entry(wheel);
  entry.deadline.set(kStart + std::chrono::hours(1));
  for (int i = 1; i < 3600; ++i) wheel.advance(kStart + seconds(i));
  CHECK(entry.calls == 0);
  wheel.advance(kStart + std::chrono::hours(1) + TimerWheel::kTick);
  CHECK(entry.calls == 1);
}

TEST_CASE("a deadline that has passed already comes with the next tick") {
  TimerWheel wheel(kStart);
  wheel.advance(kStart + seconds(5));
  Entry entry(wheel);
  entry.deadline.set(kStart);
  wheel.advance(kStart + seconds(5) + TimerWheel::kTick * 2);
  CHECK(entry.calls == 1);
}

TEST_CASE("a callback may destroy its own deadline and others of its slot") {
  TimerWheel wheel(kStart);
  for (std::size_t killer = 0; killer < 3; ++killer) {
    std::vector<std::unique_ptr<Entry>> entries;
    int calls = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      entries.push_back(std::make_unique<Entry>(wheel));
      entries[i]->then = [&calls] { ++calls; };
      entries[i]->deadline.set(kStart + seconds(1) + seconds(killer));
    }
    entries[killer]->then = [&] {
      ++calls;
      entries.clear();
    };
    wheel.advance(kStart + seconds(2) + seconds(killer));
    CHECK(entries.empty());
    CHECK(calls >= 1);
  }
}

TEST_CASE("a callback may set its deadline again, soon or for long") {
  TimerWheel wheel(kStart);
  Entry entry(wheel);
  base::Instant next = kStart + milliseconds(100);
  entry.then = [&] { entry.deadline.set(next += milliseconds(100)); };
  entry.deadline.set(next);
  wheel.advance(kStart + milliseconds(1050));
  CHECK(entry.calls == 10);
  entry.then = [&] { entry.deadline.set(kStart + seconds(100)); };
  wheel.advance(kStart + seconds(99));
  CHECK(entry.calls == 11);
  entry.then = nullptr;
  wheel.advance(kStart + seconds(101));
  CHECK(entry.calls == 12);
}

TEST_CASE("next() never sleeps past a deadline, whatever the order in which they are set") {
  TimerWheel wheel(kStart);
  CHECK(wheel.next() == base::kNever);
  Entry far(wheel);
  far.deadline.set(kStart + seconds(10));
  CHECK(wheel.next() >= kStart + seconds(10));
  Entry near(wheel);
  near.deadline.set(kStart + seconds(5));
  Entry between(wheel);
  between.deadline.set(kStart + seconds(7));
  CHECK(wheel.next() >= kStart + seconds(5));
  CHECK(wheel.next() <= kStart + seconds(5) + TimerWheel::kTick);
  wheel.advance(wheel.next());
  CHECK(near.calls == 1);
  CHECK(wheel.next() <= kStart + seconds(7) + TimerWheel::kTick);
}

TEST_CASE("ten thousand deadlines that move about all come when they should") {
  TimerWheel wheel(kStart);
  std::mt19937 random(7);
  std::vector<std::unique_ptr<Entry>> entries;
  std::vector<base::Instant> due(10'000, base::kNever);
  base::Instant now = kStart;
  for (std::size_t i = 0; i < due.size(); ++i) entries.push_back(std::make_unique<Entry>(wheel));
  for (int step = 0; step < 300; ++step) {
    for (int moves = 0; moves < 200; ++moves) {
      const std::size_t i = random() % due.size();
      due[i] = now + milliseconds(random() % 90'000);
      entries[i]->deadline.set(due[i]);
    }
    now += milliseconds(random() % 1000);
    wheel.advance(now);
    for (std::size_t i = 0; i < due.size(); ++i) {
      const bool called = std::exchange(entries[i]->calls, 0) != 0;
      if (called) {
        REQUIRE(due[i] <= now);
        due[i] = base::kNever;
      } else if (due[i] != base::kNever) {
        REQUIRE(due[i] + TimerWheel::kTick > now);
      }
    }
  }
}

}  // namespace weir::net
