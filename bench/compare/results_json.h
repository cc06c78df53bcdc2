#pragma once

#include <string>

#include "bench/compare/results.h"

namespace weir::bench::compare {

// Every measurement of every round, with the machine and the verdicts, for other programs.
std::string results_json(const Results& results);

}  // namespace weir::bench::compare
