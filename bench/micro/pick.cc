#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

#include "bench/micro/subjects.h"
#include "lb/balance/picker.h"
#include "lb/balance/target_set.h"

namespace weir::bench::micro {
namespace {

using model::Algorithm;

struct Named {
  std::string name;
  Algorithm algorithm;
};

const std::array kAlgorithms = {
    Named{"power_of_two", Algorithm::power_of_two},
    Named{"round_robin", Algorithm::round_robin},
    Named{"least_outstanding", Algorithm::least_outstanding},
    Named{"random", Algorithm::random},
    Named{"peak_ewma", Algorithm::peak_ewma},
    Named{"consistent_hash", Algorithm::consistent_hash},
};

// A group in which all is well, of equal weights or of 1 to 10.
struct Group {
  Group(Algorithm algorithm, std::int64_t targets, bool weighted) : loads(static_cast<std::size_t>(targets)) {
    settings.algorithm = algorithm;
    for (std::uint32_t i = 0; i < loads.size(); ++i) {
      loads[i].latency.add(std::chrono::milliseconds(1 + i % 7), now);
      members.push_back({&loads[i], i, weighted ? 1 + i % 10 : 1, 1.0, static_cast<balance::Zone>(i % 3),
                         balance::Standing::usable});
    }
  }

  base::Instant now{std::chrono::hours(1)};
  std::vector<balance::Load> loads;
  std::vector<balance::Member> members;
  balance::SetSettings settings;
};

// A request's part of the balancing: the pick, and what its attempt's begin and end cost. There are always as
// many others under way.
void pick(benchmark::State& state, Algorithm algorithm, bool weighted) {
  Group group(algorithm, state.range(0), weighted);
  base::Random random(1);
  balance::Picker picker(algorithm, random);
  picker.adopt(balance::build_target_set(group.members, group.settings, nullptr));
  std::array<balance::Slot, 16> open{};
  std::size_t at = 0;
  const auto begin = [&] {
    open[at] = picker.pick({{}, balance::kNoZone, random.next(), group.now}).value();
    group.loads[open[at]].take();
    picker.load_changed(open[at]);
    at = (at + 1) % open.size();
  };
  const auto end = [&] {
    group.loads[open[at]].give_back();
    picker.load_changed(open[at]);
  };
  for (std::size_t i = 0; i < open.size(); ++i) begin();
  for ([[maybe_unused]] auto _ : state) {
    end();
    begin();
  }
  state.SetItemsProcessed(state.iterations());
}

// A target of the group fails or comes back: the set is built by the control thread, adopted by each worker.
void change(benchmark::State& state, Algorithm algorithm, bool adopted) {
  Group group(algorithm, state.range(0), false);
  base::Random random(1);
  balance::Picker picker(algorithm, random);
  auto set = balance::build_target_set(group.members, group.settings, nullptr);
  picker.adopt(set);
  for ([[maybe_unused]] auto _ : state) {
    balance::Member& member = group.members[random.below(group.members.size())];
    member.standing =
        member.standing == balance::Standing::usable ? balance::Standing::failed : balance::Standing::usable;
    if (adopted) state.PauseTiming();
    set = balance::build_target_set(group.members, group.settings, set.get());
    if (adopted) {
      state.ResumeTiming();
      picker.adopt(set);
    }
  }
}

// A member joins: the ring of consistent hashing is made anew.
void build_ring(benchmark::State& state) {
  const Group group(Algorithm::consistent_hash, state.range(0), false);
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(balance::build_target_set(group.members, group.settings, nullptr));
  }
}

}  // namespace

void add_pick() {
  for (const bool weighted : {false, true}) {
    for (const Named& each : kAlgorithms) {
      const std::string name = (weighted ? "pick/weighted_" : "pick/") + each.name;
      for (const std::int64_t targets : kSizes) {
        benchmark::RegisterBenchmark(name.c_str(), pick, each.algorithm, weighted)->Arg(targets);
      }
    }
  }
  for (const std::int64_t targets : {10'000, 100'000}) {
    benchmark::RegisterBenchmark("pick/build_ring", build_ring)->Arg(targets)->Unit(benchmark::kMillisecond);
  }
  for (const bool adopted : {false, true}) {
    for (const Named& each : kAlgorithms) {
      const std::string name = (adopted ? "pick/adopt_" : "pick/build_") + each.name;
      for (const std::int64_t targets : {10'000, 100'000}) {
        benchmark::RegisterBenchmark(name.c_str(), change, each.algorithm, adopted)
            ->Arg(targets)
            ->Unit(benchmark::kMicrosecond);
      }
    }
  }
}

}  // namespace weir::bench::micro
