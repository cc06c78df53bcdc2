#pragma once

#include <string>

#include "bench/compare/results.h"

namespace weir::bench::compare {

// The two tables of a workload as Markdown: weir divided by each peer, then every peer's own figures.
std::string workload_tables(const Results& results, const Workload& workload);

}  // namespace weir::bench::compare
