#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "bench/micro/subjects.h"
#include "lb/http/date.h"
#include "lb/net/timer_wheel.h"

namespace weir::bench::micro {
namespace {

using std::chrono::seconds;

// Connections with a deadline each, on one wheel.
struct Connections {
  explicit Connections(std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      deadlines.push_back(std::make_unique<net::Deadline>(wheel, nullptr, [](void*) {}));
      deadlines.back()->set(now + seconds(1) + seconds(1) * i / count);
    }
  }

  base::Instant now{seconds(1000)};
  net::TimerWheel wheel{now};
  std::vector<std::unique_ptr<net::Deadline>> deadlines;
};

// As each request does: the deadline of its connection moves on.
void set(benchmark::State& state) {
  Connections connections(state.range(0));
  std::size_t next = 0;
  for ([[maybe_unused]] auto _ : state) {
    connections.now += base::Duration(1);
    connections.deadlines[next]->set(connections.now + seconds(30));
    if (++next == connections.deadlines.size()) next = 0;
  }
  state.SetItemsProcessed(state.iterations());
}

// As a loop does that sleeps until the next tick: one deadline after the other passes and is set again.
void fire(benchmark::State& state) {
  Connections connections(state.range(0));
  std::size_t next = 0;
  for ([[maybe_unused]] auto _ : state) {
    while (connections.deadlines[next]->at() != base::kNever) {
      connections.now = connections.wheel.next();
      connections.wheel.advance(connections.now);
    }
    connections.deadlines[next]->set(connections.now + seconds(1));
    if (++next == connections.deadlines.size()) next = 0;
  }
  state.SetItemsProcessed(state.iterations());
}

void date(benchmark::State& state) {
  std::int64_t second = 784'111'777;
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(http::Date(second++));
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void add_time() {
  for (const std::int64_t connections : kSizes) {
    benchmark::RegisterBenchmark("time/deadline_set", set)->Arg(connections);
  }
  for (const std::int64_t connections : kSizes) {
    benchmark::RegisterBenchmark("time/deadline_fire", fire)->Arg(connections);
  }
  benchmark::RegisterBenchmark("time/date", date);
}

}  // namespace weir::bench::micro
