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
  latencies.at("max").get_to(result.longest);
}

std::optional<ProxyCpu> read_proxy(const json& document) {
  const auto found = document.find("processes");
  if (found == document.end() || found->is_null()) return std::nullopt;
  return ProxyCpu{.user = found->at("user_microseconds_per_request").get<double>(),
                  .system = found->at("system_microseconds_per_request").get<double>(),
                  .busy = found->at("busy").get<double>()};
}

}  // namespace

std::expected<LoadResult, std::string> parse_load_result(std::string_view text) {
  try {
    const json document = json::parse(text);
    LoadResult result;
    document.at("requests").get_to(result.requests);
    document.at("failed").get_to(result.failed);
    // Everything that is asked for is there: another status comes from a peer that is not right.
    for (const auto& [status, count] : document.at("statuses").items()) {
      if (status != "200" && !status.starts_with('5')) result.failed += count.get<std::uint64_t>();
    }
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
