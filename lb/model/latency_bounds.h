#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace weir::model {

// What the buckets of latency histograms end at, ascending; behind the last of them is one without an end.
using LatencyBounds = std::vector<std::chrono::microseconds>;
inline constexpr std::size_t kMostLatencyBounds = 40;

// From 100 microseconds to a minute.
LatencyBounds usual_latency_bounds();

}  // namespace weir::model
