#pragma once

#include <string>

#include "bench/load/run.h"

namespace weir::bench {

// The latencies of a run by their percentiles, as SVG; empty if there were none. Pure.
std::string plot_svg(const LoadPlan& plan, const Outcome& outcome);

}  // namespace weir::bench
