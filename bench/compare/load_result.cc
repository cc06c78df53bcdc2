#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "bench/compare/measurement.h"

namespace weir::bench::compare {
namespace {

using nlohmann::json;

void read_latencies(const json& latencies, LoadResult& result) {
  latencies.at("p50").get_to(result.p50);
  latencies.at("p90").get_to(result.p90);
  latencies.at("p99").get_to(result.p99);
  latencies.at("p99_9").get_to(result.p99_9);
  latencies.at("p99_99").get_to(result.p99_99);
}

// The kernel only estimates how the time is split, and estimates of short times may contradict each other.
ProxyCpu split(double user, double system, double busy) {
  const double total = user + system;
  const double in_user = std::clamp(user, 0.0, std::max(total, 0.0));
  return {.user = in_user, .system = total - in_user, .busy = busy};
}

std::optional<ProxyCpu> read_proxy(const json& document) {
  const auto found = document.find("processes");
  if (found == document.end() || found->is_null()) return std::nullopt;
  return split(found->at("user_microseconds_per_request").get<double>(),
               found->at("system_microseconds_per_request").get<double>(), found->at("busy").get<double>());
}

}  // namespace

std::expected<LoadResult, std::string> parse_load_result(std::string_view text) {
  try {
    const json document = json::parse(text);
    LoadResult result;
    document.at("requests").get_to(result.requests);
    document.at("failed").get_to(result.failed);
    document.at("requests_per_second").get_to(result.requests_per_second);
    document.at("distribution").get_to(result.distribution);
    document.at("errors").get_to(result.errors);
    read_latencies(document.at("latency_microseconds"), result);
    result.proxy = read_proxy(document);
    return result;
  } catch (const json::exception& error) {
    return std::unexpected(fmt::format("the load's result cannot be read: {}", error.what()));
  }
}

}  // namespace weir::bench::compare
