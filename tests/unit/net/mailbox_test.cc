#include "lb/net/mailbox.h"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace weir::net {

TEST_CASE("tasks of many threads run on the loop's thread, each thread's in its order") {
  constexpr int kThreads = 4;
  constexpr int kTasks = 2000;
  const base::SystemClock clock;
  Loop loop(clock);
  Mailbox mailbox(loop);
  std::vector<std::vector<int>> seen(kThreads);
  int total = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&mailbox, &seen, &total, thread] {
      for (int i = 0; i < kTasks; ++i) {
        mailbox.post([&seen, &total, thread, i] {
          seen[static_cast<std::size_t>(thread)].push_back(i);
          ++total;
        });
      }
    });
  }
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (total < kThreads * kTasks && std::chrono::steady_clock::now() < give_up) {
    loop.run_once(std::chrono::milliseconds(10));
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& numbers : seen) {
    REQUIRE(numbers.size() == kTasks);
    for (int i = 0; i < kTasks; ++i) CHECK(numbers[static_cast<std::size_t>(i)] == i);
  }
}

TEST_CASE("a task may post another") {
  const base::SystemClock clock;
  Loop loop(clock);
  Mailbox mailbox(loop);
  bool done = false;
  mailbox.post([&] { mailbox.post([&done] { done = true; }); });
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!done && std::chrono::steady_clock::now() < give_up) loop.run_once(std::chrono::milliseconds(10));
  CHECK(done);
}

TEST_CASE("tasks that were never run are destroyed with the mailbox") {
  const base::SystemClock clock;
  Loop loop(clock);
  const auto value = std::make_shared<const int>(1);
  {
    Mailbox mailbox(loop);
    mailbox.post([value] { FAIL("run"); });
    CHECK(value.use_count() == 2);
  }
  CHECK(value.use_count() == 1);
}

TEST_CASE("deferred tasks run before the loop waits again, and settle() runs them now") {
  const base::SystemClock clock;
  Loop loop(clock);
  int runs = 0;
  loop.defer([&] {
    ++runs;
    loop.defer([&] { ++runs; });
  });
  loop.settle();
  CHECK(runs == 2);
  loop.defer([&] { ++runs; });
  const auto before = std::chrono::steady_clock::now();
  loop.run_once(std::chrono::seconds(20));
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(10));
  CHECK(runs == 3);
}

}  // namespace weir::net
