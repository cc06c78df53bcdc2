#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <string_view>

#include "bench/micro/subjects.h"
#include "bench/micro/vocabulary.h"
#include "lb/observe/metrics.h"

namespace weir::bench::micro {
namespace {

constexpr unsigned kWorkers = 4;
constexpr std::size_t kPiece = 64 * 1024;  // as the admin listener asks for
constexpr int kTargets = 5'000;

observe::TargetKey key_of(int target) {
  return {"application", fmt::format("az-{}", target % 3),
          fmt::format("10.0.{}.{}:8080", target / 250, target % 250)};
}

// Every target has had requests by every worker.
void count_requests(observe::Registry& registry, int targets) {
  for (unsigned worker = 0; worker < kWorkers; ++worker) {
    registry.listener(worker, "web")->requests.add(200);
    registry.route(worker, "web", "application")->duration.observe(std::chrono::milliseconds(3));
    for (int i = 0; i < targets; ++i) {
      const auto counters = registry.target(worker, key_of(i));
      counters->count_status(200);
      counters->response.observe(std::chrono::milliseconds(2));
    }
  }
}

observe::MetricsFacts facts_of(int targets) {
  observe::MetricsFacts facts;
  observe::GroupFact& group = facts.groups.groups.emplace_back();
  group.name = "application";
  for (int i = 0; i < targets; ++i) {
    const observe::TargetKey key = key_of(i);
    group.targets.push_back({.zone = key.zone, .target = key.target, .state = 4, .weight = 1});
  }
  return facts;
}

// Nanoseconds of this thread's processor time: the machine's other work does not count.
std::int64_t processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

// A whole scrape, and the longest step of it: so long does it hold the thread at a time.
void scrape(benchmark::State& state) {
  const int targets = static_cast<int>(state.range(0));
  observe::Registry registry(kVocabulary);
  count_requests(registry, targets);
  const observe::MetricsFacts facts = facts_of(targets);
  std::int64_t longest = 0;
  std::size_t bytes = 0;
  for ([[maybe_unused]] auto _ : state) {
    observe::Scrape scrape(registry, facts);
    bytes = 0;
    for (bool more = true; more;) {
      const std::int64_t begun = processor_time();
      const auto piece = scrape.next(kPiece);
      longest = std::max(longest, processor_time() - begun);
      more = piece.has_value();
      if (piece) bytes += piece->size();
    }
  }
  state.counters["longest_step_us"] = static_cast<double>(longest) / 1000;
  state.counters["bytes"] = static_cast<double>(bytes);
}

}  // namespace

void add_scrape() {
  benchmark::RegisterBenchmark("scrape/metrics", scrape)
      ->Arg(10)
      ->Arg(kTargets)
      ->Unit(benchmark::kMillisecond);
}

}  // namespace weir::bench::micro
