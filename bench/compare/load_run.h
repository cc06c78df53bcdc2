#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/compare/command_line.h"
#include "bench/compare/measurement.h"
#include "bench/compare/scratch.h"
#include "bench/compare/settings.h"

namespace weir::bench::compare {

// Something that is done so long after the load began.
struct Moment {
  std::chrono::milliseconds after{0};
  std::function<void()> act;
};

struct LoadOutcome {
  LoadResult result;
  std::optional<double> helpers_busy;  // of the core of load or targets, the busier one
};

// Runs `weir-bench run` to its end; the plan's json is chosen here. The error says what it printed, or that
// it was interrupted.
std::expected<LoadOutcome, std::string> run_load(const Settings& settings, Scratch& scratch,
                                                 const Workload& workload, LoadPlan plan,
                                                 std::vector<Moment> moments);

}  // namespace weir::bench::compare
