#include <benchmark/benchmark.h>

#include <vector>

#include "bench/micro/subjects.h"
#include "lb/balance/round_robin.h"

namespace weir::bench::micro {
namespace {

std::vector<std::uint32_t> equal_weights(std::size_t targets) {
  return std::vector<std::uint32_t>(targets, 1);
}

std::vector<std::uint32_t> mixed_weights(std::size_t targets) {
  std::vector<std::uint32_t> weights;
  for (std::size_t i = 0; i < targets; ++i) weights.push_back(static_cast<std::uint32_t>(1 + i % 10));
  return weights;
}

using Weights = std::vector<std::uint32_t> (*)(std::size_t targets);

void round_robin(benchmark::State& state, Weights weights) {
  base::Random random(1);
  balance::RoundRobin picker(weights(static_cast<std::size_t>(state.range(0))), random);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(picker.pick({}));
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void add_pick() {
  for (const std::int64_t targets : kSizes) {
    benchmark::RegisterBenchmark("pick/round_robin", round_robin, equal_weights)->Arg(targets);
  }
  for (const std::int64_t targets : kSizes) {
    benchmark::RegisterBenchmark("pick/weighted_round_robin", round_robin, mixed_weights)->Arg(targets);
  }
}

}  // namespace weir::bench::micro
