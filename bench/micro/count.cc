#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string_view>

#include "bench/micro/subjects.h"
#include "bench/micro/vocabulary.h"
#include "lb/base/random.h"
#include "lb/observe/counters.h"

namespace weir::bench::micro {
namespace {

void counter(benchmark::State& state) {
  observe::Counter counted;
  for ([[maybe_unused]] auto _ : state) {
    counted.add();
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}

// From nanoseconds to seconds, and no two in a row alike.
class Durations {
 public:
  Durations() {
    base::Random random(1);
    for (base::Duration& duration : durations_) {
      duration = base::Duration(random.next() >> (29 + random.below(30)));
    }
  }
  base::Duration next() { return durations_[next_++ % durations_.size()]; }

 private:
  std::array<base::Duration, 1024> durations_{};
  std::size_t next_ = 0;
};

void histogram(benchmark::State& state) {
  observe::Histogram counted(observe::LatencyBuckets::usual());
  Durations durations;
  for ([[maybe_unused]] auto _ : state) {
    counted.observe(durations.next());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}

// What one request counts that is answered well.
void count_request(benchmark::State& state) {
  const auto listener = std::make_unique<observe::ListenerCounters>(kVocabulary);
  const auto target =
      std::make_unique<observe::TargetCounters>(kVocabulary, observe::LatencyBuckets::usual());
  observe::RouteCounters route(kVocabulary, observe::LatencyBuckets::usual());
  Durations durations;
  unsigned status = 200;
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(status);
    target->outstanding.add();
    target->response.observe(durations.next());
    target->count_status(status);
    target->outstanding.subtract();
    listener->received_bytes.add(500);
    listener->sent_bytes.add(900);
    listener->requests.add(status);
    route.duration.observe(durations.next());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void add_count() {
  benchmark::RegisterBenchmark("count/counter", counter);
  benchmark::RegisterBenchmark("count/histogram", histogram);
  benchmark::RegisterBenchmark("count/request", count_request);
}

}  // namespace weir::bench::micro
