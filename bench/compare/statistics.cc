#include "bench/compare/statistics.h"

#include <algorithm>

namespace weir::bench::compare {
namespace {

constexpr double kFailuresTolerated = 0.001;
constexpr double kProxyBusy = 0.95;
constexpr double kHelpersBusy = 0.90;

std::optional<double> value_of_load(const Measurement& measurement, Metric metric) {
  if (!measurement.load || measurement.load->requests == 0) return std::nullopt;
  const LoadResult& load = *measurement.load;
  switch (metric) {
    case Metric::cpu: return load.proxy ? std::optional(load.proxy->user + load.proxy->system) : std::nullopt;
    case Metric::requests_per_second: return load.requests_per_second;
    case Metric::p50: return load.p50;
    case Metric::p99: return load.p99;
    case Metric::p99_9: return load.p99_9;
    case Metric::longest: return load.longest;
    case Metric::bytes_per_client: return std::nullopt;
  }
  return std::nullopt;
}

bool failed(const Measurement& measurement) {
  if (!measurement.problem.empty()) return true;
  if (!measurement.load || measurement.behaviour) return false;
  return static_cast<double>(measurement.load->failed) >
         kFailuresTolerated * static_cast<double>(measurement.load->requests);
}

}  // namespace

std::optional<Spread> spread(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return Spread{.median = median, .least = values.front(), .most = values.back(), .rounds = values.size()};
}

std::optional<double> value_of(const Measurement& measurement, Metric metric) {
  if (failed(measurement)) return std::nullopt;
  if (metric == Metric::bytes_per_client) return measurement.bytes_per_client;
  return value_of_load(measurement, metric);
}

bool proxy_is_the_limit(const Measurement& measurement) {
  return measurement.load && measurement.load->proxy && measurement.load->proxy->busy >= kProxyBusy &&
         helpers_have_time(measurement);
}

bool helpers_have_time(const Measurement& measurement) {
  return measurement.helpers_busy && *measurement.helpers_busy <= kHelpersBusy;
}

std::vector<Pair> paired(const std::vector<Measurement>& all, std::string_view workload,
                         std::string_view ours, std::string_view theirs, Metric metric, Filter filter) {
  std::vector<Pair> pairs;
  for (const Measurement& mine : all) {
    if (mine.workload != workload || mine.peer != ours || !filter(mine)) continue;
    const auto other = std::ranges::find_if(all, [&](const Measurement& one) {
      return one.workload == workload && one.peer == theirs && one.round == mine.round && filter(one);
    });
    if (other == all.end()) continue;
    const auto a = value_of(mine, metric);
    const auto b = value_of(*other, metric);
    if (a && b && *b > 0) pairs.push_back({*a, *b});
  }
  return pairs;
}

std::optional<Spread> ratio(const std::vector<Pair>& pairs) {
  std::vector<double> ratios;
  for (const Pair& pair : pairs) ratios.push_back(pair.ours / pair.theirs);
  return spread(std::move(ratios));
}

std::optional<Spread> values(const std::vector<Measurement>& all, std::string_view workload,
                             std::string_view peer, Metric metric) {
  std::vector<double> found;
  for (const Measurement& one : all) {
    if (one.workload != workload || one.peer != peer) continue;
    if (const auto value = value_of(one, metric)) found.push_back(*value);
  }
  return spread(std::move(found));
}

}  // namespace weir::bench::compare
