#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/compare/results.h"

namespace weir::bench::compare {

// "latency-small.svg"
std::string latency_chart_file(const Workload& workload);

bool has_latencies(const Results& results, const Workload& workload);

// The SVG files of a report by name: latency percentiles of each workload, and CPU per request of all.
std::map<std::string, std::string> charts(const Results& results);

// Points of a curve: so large a share of the requests does not exceed so many microseconds. Shares rise.
using Distribution = std::vector<std::pair<double, double>>;

// Between two points latencies grow evenly with the nines; absent behind the last one.
std::optional<double> latency_at(const Distribution& curve, double share);

// The median over the rounds, from 0 to 0.9999.
Distribution median_distribution(const std::vector<Distribution>& rounds);

}  // namespace weir::bench::compare
