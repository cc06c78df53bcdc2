#include "lb/balance/retry_budget.h"

#include <doctest/doctest.h>

#include <thread>

using namespace std::chrono_literals;
using weir::balance::RetryBudget;
using weir::base::Instant;

namespace {

int take_all(RetryBudget& budget, Instant now) {
  int taken = 0;
  while (budget.take(now)) ++taken;
  return taken;
}

}  // namespace

TEST_CASE("an idle group may retry 3 times a second, kept for 10 s") {
  RetryBudget budget(2, 20);
  const Instant start{1h};
  CHECK(take_all(budget, start) == 30);
  CHECK(take_all(budget, start + 9s) == 0);
  CHECK(take_all(budget, start + 10s) == 30);
}

TEST_CASE("each request adds its part of a token, whichever worker had it, for 10 s") {
  RetryBudget budget(3, 20);
  const Instant start{1h};
  for (unsigned i = 0; i < 300; ++i) budget.request(i % 3, start + std::chrono::milliseconds(i * 10));
  CHECK(take_all(budget, start + 3s) == 60 + 30);
  CHECK(take_all(budget, start + 12s) == 0);
  CHECK(take_all(budget, start + 13s) == 30);
}

TEST_CASE("without percents only the free tokens are left") {
  RetryBudget budget(1, 0);
  const Instant start{1h};
  for (int i = 0; i < 1000; ++i) budget.request(0, start);
  CHECK(take_all(budget, start) == 30);
}

TEST_CASE("of many threads whose clocks differ none goes over the budget") {
  for (int round = 0; round < 20; ++round) {
    constexpr unsigned kThreads = 4;
    RetryBudget budget(kThreads, 20);
    const Instant start{1h};
    for (unsigned i = 0; i < 1000; ++i) budget.request(i % kThreads, start);
    std::atomic<int> taken{0};
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        for (int k = 0; k < 200; ++k) {
          if (budget.take(start + std::chrono::seconds((static_cast<unsigned>(k) / 40 + i) % 8))) ++taken;
        }
      });
    }
    threads.clear();
    CHECK(taken == 230);
  }
}
