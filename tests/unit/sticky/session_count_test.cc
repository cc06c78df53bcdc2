#include "lb/sticky/session_count.h"

#include <doctest/doctest.h>

#include <memory>
#include <thread>
#include <vector>

#include "lb/base/random.h"

namespace weir::sticky {
namespace {

using namespace std::chrono_literals;

// Three standard errors.
bool is_about(std::uint64_t count, double wanted) {
  return static_cast<double>(count) >= wanted * 0.9 && static_cast<double>(count) <= wanted * 1.1;
}

}  // namespace

TEST_CASE("no session is none, and the same session is one") {
  const auto sessions = std::make_unique<SessionCount>();
  const base::ManualClock clock;
  CHECK(sessions->count(clock.now()) == 0);
  for (int i = 0; i < 1000; ++i) sessions->add(42, clock.now());
  CHECK(sessions->count(clock.now()) == 1);
  sessions->add(0, clock.now());
  CHECK(sessions->count(clock.now()) == 2);
}

TEST_CASE("distinct sessions are counted within ten percent, few or many") {
  const base::ManualClock clock;
  base::Random random(7);
  for (const int wanted : {3, 10, 50, 200, 1'000, 2'500, 4'000, 10'000, 100'000, 1'000'000}) {
    CAPTURE(wanted);
    const auto sessions = std::make_unique<SessionCount>();
    const auto in_order = std::make_unique<SessionCount>();
    for (int i = 0; i < wanted; ++i) {
      sessions->add(random.next(), clock.now());
      in_order->add(static_cast<std::uint64_t>(i), clock.now());
    }
    CHECK(is_about(sessions->count(clock.now()), wanted));
    CHECK(is_about(in_order->count(clock.now()), wanted));
  }
}

TEST_CASE("a session counts for five minutes after it was seen last, and not for more than six") {
  const auto sessions = std::make_unique<SessionCount>();
  for (int offset = 0; offset < 60; offset += 7) {
    base::ManualClock clock;
    clock.advance(std::chrono::seconds(offset) + std::chrono::hours(offset));
    for (std::uint64_t id = 0; id < 100; ++id) sessions->add(id, clock.now());
    CHECK(is_about(sessions->count(clock.now()), 100));
    clock.advance(5min);
    CHECK(is_about(sessions->count(clock.now()), 100));
    clock.advance(1min);
    CHECK(sessions->count(clock.now()) == 0);
  }
}

TEST_CASE("each minute is forgotten by itself") {
  const auto sessions = std::make_unique<SessionCount>();
  base::ManualClock clock;
  for (std::uint64_t minute = 0; minute < 10; ++minute) {
    for (std::uint64_t id = 0; id < 1000; ++id) sessions->add(minute * 1000 + id, clock.now());
    CHECK(is_about(sessions->count(clock.now()),
                   1000.0 * static_cast<double>(std::min(minute, std::uint64_t{5}) + 1)));
    clock.advance(1min);
  }
  for (const double left : {5000, 4000, 3000, 2000, 1000, 0}) {
    CHECK(is_about(sessions->count(clock.now()), left));
    clock.advance(1min);
  }
}

TEST_CASE("a thread whose clock is a minute behind loses nothing") {
  const auto sessions = std::make_unique<SessionCount>();
  base::ManualClock clock;
  const base::Instant behind = clock.now() - 1min;
  for (std::uint64_t id = 0; id < 1000; ++id) sessions->add(id, id % 2 == 0 ? clock.now() : behind);
  CHECK(is_about(sessions->count(clock.now()), 1000));
  CHECK(is_about(sessions->count(behind), 1000));
}

TEST_CASE("many threads count together while one reads") {
  const auto sessions = std::make_unique<SessionCount>();
  const base::ManualClock clock;
  const auto one = std::make_unique<SessionCount>();
  constexpr std::uint64_t kEach = 20'000;
  std::vector<std::jthread> threads;
  for (std::uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint64_t i = 0; i < kEach; ++i) sessions->add(thread * kEach / 2 + i, clock.now());
    });
  }
  std::uint64_t last = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t count = sessions->count(clock.now());
    CHECK(count >= last);
    last = count;
  }
  threads.clear();
  for (std::uint64_t i = 0; i < kEach * 5 / 2; ++i) one->add(i, clock.now());
  CHECK(sessions->count(clock.now()) == one->count(clock.now()));
}

}  // namespace weir::sticky
