#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "bench/compare/measurement.h"

// How measurements become figures. On a shared machine single rounds scatter by 10 to 30 %, so that two peers
// are only ever compared within a round, and the median over the rounds is what is quoted.
namespace weir::bench::compare {

struct Spread {
  double median = 0;
  double least = 0;
  double most = 0;
  std::size_t rounds = 0;
  bool operator==(const Spread&) const = default;
};

// Absent if there are no values.
std::optional<Spread> spread(std::vector<double> values);

enum class Metric { cpu, requests_per_second, p50, p99, p99_9, longest, bytes_per_client };

// Absent where it was not measured, or where more than one request in a thousand failed: a proxy that refuses
// is fast.
std::optional<double> value_of(const Measurement& measurement, Metric metric);

// Whether it is the proxy that was measured: its core at least 95 % busy, those of load and targets at most
// 90 %.
bool proxy_is_the_limit(const Measurement& measurement);
// Whether the latencies are the proxy's: the cores of load and targets are at most 90 % busy.
bool helpers_have_time(const Measurement& measurement);

using Filter = bool (*)(const Measurement&);
constexpr bool any_round(const Measurement&) { return true; }

// The two measurements of every round in which both peers have the metric and pass the filter.
struct Pair {
  double ours = 0;
  double theirs = 0;
};
std::vector<Pair> paired(const std::vector<Measurement>& all, std::string_view workload,
                         std::string_view ours, std::string_view theirs, Metric metric,
                         Filter filter = any_round);

// Ours divided by theirs, pair by pair.
std::optional<Spread> ratio(const std::vector<Pair>& pairs);

// A peer's own values over the rounds.
std::optional<Spread> values(const std::vector<Measurement>& all, std::string_view workload,
                             std::string_view peer, Metric metric);

}  // namespace weir::bench::compare
