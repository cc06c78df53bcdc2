#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string_view>

#include "bench/micro/subjects.h"
#include "lb/base/random.h"
#include "lb/observe/counters.h"

namespace weir::bench::micro {
namespace {

constexpr std::array<std::string_view, 4> kWords{"one", "two", "three", "four"};
constexpr observe::Vocabulary kVocabulary{kWords, kWords, kWords, kWords, kWords};

void counter(benchmark::State& state) {
  observe::Counter counted;
  for ([[maybe_unused]] auto _ : state) {
    counted.add();
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}

void histogram(benchmark::State& state) {
  observe::Histogram counted;
  std::array<base::Duration, 1024> durations{};
  base::Random random(1);
  for (base::Duration& duration : durations) {
    duration = base::Duration(random.next() >> (29 + random.below(30)));
  }
  std::size_t next = 0;
  for ([[maybe_unused]] auto _ : state) {
    counted.observe(durations[next++ % durations.size()]);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}

// What one request counts that is answered well.
void request(benchmark::State& state) {
  const auto listener = std::make_unique<observe::ListenerCounters>(kVocabulary);
  const auto target = std::make_unique<observe::TargetCounters>(kVocabulary);
  observe::RouteCounters route;
  for ([[maybe_unused]] auto _ : state) {
    target->outstanding.add();
    target->response.observe(std::chrono::microseconds(700));
    target->count_status(200);
    target->outstanding.subtract();
    listener->received_bytes.add(500);
    listener->sent_bytes.add(900);
    listener->requests.add(200);
    route.duration.observe(std::chrono::microseconds(800));
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void add_count() {
  benchmark::RegisterBenchmark("count/counter", counter);
  benchmark::RegisterBenchmark("count/histogram", histogram);
  benchmark::RegisterBenchmark("count/request", request);
}

}  // namespace weir::bench::micro
