#include "bench/measure/precise_deadline.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "lb/base/random.h"

namespace weir::bench {
namespace {

using std::chrono::milliseconds;

const base::SystemClock kClock;

// A loop with deadlines that note when they went off.
struct Fixture {
  net::Loop loop{kClock};
  PreciseDeadlines deadlines{loop};
  std::vector<base::Instant> called;

  static void note(void* self) {
    auto& fixture = *static_cast<Fixture*>(self);
    fixture.called.push_back(kClock.now());
  }
  void run_until(std::size_t calls) {
    const base::Instant patience = kClock.now() + std::chrono::seconds(20);
    while (called.size() < calls && kClock.now() < patience) loop.run_once(milliseconds(100));
  }
};

}  // namespace

TEST_CASE("precise deadlines come in the order of their times, and none early") {
  Fixture fixture;
  const base::Instant start = kClock.now();
  base::Random random(1);
  std::vector<base::Instant> times;
  std::vector<std::unique_ptr<PreciseDeadline>> deadlines;
  for (int i = 0; i < 500; ++i) {
    times.push_back(start + std::chrono::microseconds(random.below(20'000)));
    deadlines.push_back(std::make_unique<PreciseDeadline>(fixture.deadlines, &fixture, Fixture::note));
    deadlines.back()->set(times.back());
  }
  fixture.run_until(times.size());
  REQUIRE(fixture.called.size() == times.size());
  std::ranges::sort(times);
  for (std::size_t i = 0; i < times.size(); ++i) CHECK(fixture.called[i] >= times[i]);
  for (const auto& deadline : deadlines) CHECK(deadline->at() == base::kNever);
}

TEST_CASE("a deadline that is cleared, destroyed or set later does not go off at its first time") {
  Fixture fixture;
  const base::Instant start = kClock.now();
  PreciseDeadline cleared(fixture.deadlines, &fixture, Fixture::note);
  PreciseDeadline later(fixture.deadlines, &fixture, Fixture::note);
  auto destroyed = std::make_unique<PreciseDeadline>(fixture.deadlines, &fixture, Fixture::note);
  cleared.set(start + milliseconds(1));
  destroyed->set(start + milliseconds(2));
  later.set(start + milliseconds(3));
  cleared.clear();
  destroyed.reset();
  later.set(start + milliseconds(15));
  fixture.run_until(1);
  fixture.loop.run_once(milliseconds(1));
  REQUIRE(fixture.called.size() == 1);
  CHECK(fixture.called[0] >= start + milliseconds(15));
}

TEST_CASE("a deadline in the past goes off, in a later turn") {
  Fixture fixture;
  PreciseDeadline deadline(fixture.deadlines, &fixture, Fixture::note);
  deadline.set(base::Instant{});
  CHECK(fixture.called.empty());
  fixture.run_until(1);
  CHECK(fixture.called.size() == 1);
}

TEST_CASE("a deadline may be set again or destroyed from inside its callback") {
  Fixture fixture;
  struct Owner {
    Fixture& fixture;
    int left = 3;
    std::optional<PreciseDeadline> deadline{};
    static void call(void* self) {
      auto& owner = *static_cast<Owner*>(self);
      Fixture::note(&owner.fixture);
      if (--owner.left == 0) return owner.deadline.reset();
      owner.deadline->set(owner.left == 2 ? kClock.now() : kClock.now() + milliseconds(1));
    }
  };
  Owner owner{fixture};
  owner.deadline.emplace(fixture.deadlines, &owner, Owner::call);
  owner.deadline->set(kClock.now());
  fixture.run_until(3);
  CHECK(owner.left == 0);
  CHECK(!owner.deadline);
}

TEST_CASE("a precise timer that is set anew forgets its earlier time") {
  net::Loop loop(kClock);
  struct Owner {
    int calls = 0;
    static void call(void* self) { ++static_cast<Owner*>(self)->calls; }
  };
  Owner owner;
  PreciseTimer timer(loop, &owner, Owner::call);
  timer.arm(kClock.now());
  timer.disarm();
  loop.run_once(milliseconds(5));
  CHECK(owner.calls == 0);
  const base::Instant at = kClock.now() + milliseconds(5);
  timer.arm(at);
  CHECK(timer.at() == at);
  while (owner.calls == 0) loop.run_once(milliseconds(100));
  CHECK(kClock.now() >= at);
  CHECK(timer.at() == base::kNever);
}

}  // namespace weir::bench
