#include "lb/proxy/wait_queue.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace weir::proxy {
namespace {

constexpr std::string_view kWords[] = {"refused"};
const observe::Vocabulary kVocabulary{kWords, kWords, kWords, kWords, kWords};
const base::Instant kStart{1h};

class Someone final : public Waiter {
 public:
  void on_wait_in_vain(wire::Reason why) override {
    if (why == wire::Reason::queue_timeout) ++too_long;
    if (why == wire::Reason::no_target) ++dissolved;
  }
  void give_up() { stop_waiting(); }
  int too_long = 0;
  int dissolved = 0;

 private:
  balance::PickRequest next_pick() override { return {}; }
  void on_target_free(Target&) override {}
};

struct Bench {
  explicit Bench(std::uint32_t most, unsigned worker = 0)
      : queue(timers, settings(most), counts, worker, counters) {}

  static model::Queue settings(std::uint32_t most) {
    model::Queue queue;
    queue.max = most;
    queue.timeout = 5s;
    return queue;
  }

  net::TimerWheel timers{kStart};
  WaitingCounts counts{2};
  observe::GroupCounters counters{kVocabulary, observe::LatencyBuckets::usual()};
  WaitQueue queue;
};

}  // namespace

TEST_CASE("who came first is first, and no more wait than may") {
  Bench bench(2);
  Someone a, b, c;
  CHECK(bench.queue.join(a, kStart));
  CHECK(bench.queue.join(b, kStart + 1s));
  CHECK_FALSE(bench.queue.join(c, kStart + 2s));
  CHECK(bench.queue.first() == &a);
  CHECK(bench.counters.queue_length.value() == 2);
  bench.queue.leave(a, kStart + 3s);
  CHECK(bench.queue.first() == &b);
  CHECK(bench.queue.join(c, kStart + 3s));
  b.give_up();
  CHECK(bench.queue.first() == &c);
  c.give_up();
  CHECK(bench.queue.first() == nullptr);
  CHECK_FALSE(bench.counts.any());
  CHECK(bench.counters.queue_length.value() == 0);
  CHECK(bench.counters.queue_wait.sum() == 3'000'000'000);
}

TEST_CASE("whose time is over is told once, in the order of coming") {
  Bench bench(10);
  Someone a, b;
  REQUIRE(bench.queue.join(a, kStart));
  REQUIRE(bench.queue.join(b, kStart + 1s));
  bench.timers.advance(kStart + 4990ms);
  CHECK(a.too_long == 0);
  bench.timers.advance(kStart + 5020ms);
  CHECK(a.too_long == 1);
  CHECK(b.too_long == 0);
  CHECK_FALSE(a.waiting());
  bench.timers.advance(kStart + 6020ms);
  CHECK(b.too_long == 1);
  CHECK_FALSE(bench.counts.any());
}

TEST_CASE("when nothing is left to wait for, all are told at once") {
  Bench bench(10);
  Someone a, b;
  REQUIRE(bench.queue.join(a, kStart));
  REQUIRE(bench.queue.join(b, kStart));
  bench.queue.dissolve();
  CHECK(a.dissolved == 1);
  CHECK(b.dissolved == 1);
  CHECK_FALSE(bench.counts.any());
  bench.timers.advance(kStart + 10s);
  CHECK(a.too_long == 0);
}

TEST_CASE("the worker whose first has waited longest is the next") {
  WaitingCounts counts(3);
  CHECK_FALSE(counts.longest());
  counts.set_first(2, kStart + 1s);
  CHECK(counts.longest() == 2);
  counts.set_first(0, kStart);
  CHECK(counts.longest() == 0);
  counts.set_first(0, base::kNever);
  CHECK(counts.longest() == 2);
}

TEST_CASE("the bound is that of all workers together") {
  WaitingCounts counts(2);
  CHECK(counts.enter(1));
  CHECK_FALSE(counts.enter(1));
  counts.leave();
  CHECK(counts.enter(1));
  CHECK_FALSE(WaitingCounts(1).enter(0));
}

}  // namespace weir::proxy
