#pragma once

#include <string>

#include "bench/compare/results.h"

namespace weir::bench::compare {

// The whole report as Markdown: goals, then for each workload the ratios to weir and the absolute figures,
// then the machine and how to repeat it. `with_charts` refers to the files that charts.h makes.
std::string report_text(const Results& results, bool with_charts);

// One workload's section of it.
std::string workload_text(const Results& results, const Workload& workload);

}  // namespace weir::bench::compare
