#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/load/report.h"
#include "bench/load/verdict.h"

namespace weir::bench {
namespace {

using Json = nlohmann::ordered_json;

Json latencies_of(const Latencies& latencies) {
  Json json = {{"min", microseconds(latencies.least())}, {"mean", microseconds(latencies.mean())}};
  for (const auto& [name, share] : kPercentiles) json[std::string(name)] = microseconds(latencies.at(share));
  json["max"] = microseconds(latencies.most());
  return json;
}

// Points of the curve of percentiles, closer together towards its end: ten for each tenth of what is left.
Json distribution_of(const Latencies& latencies) {
  Json points = Json::array();
  for (double left = 1; left > 0.5 / static_cast<double>(latencies.count() + 1) && left > 1e-6; left *= 0.8) {
    points.push_back({1 - left, microseconds(latencies.at(1 - left))});
  }
  points.push_back({1, microseconds(latencies.most())});
  return points;
}

Json statuses_of(const Tally& tally) {
  Json json = Json::object();
  for (std::size_t status = 1; status < tally.statuses.size(); ++status) {
    if (tally.statuses[status] != 0) json[fmt::to_string(status)] = tally.statuses[status];
  }
  return json;
}

Json errors_of(const Tally& tally) {
  Json json = Json::object();
  for (std::size_t i = 0; i < tally.failures.size(); ++i) {
    if (tally.failures[i] != 0) json[std::string(wire::reason_words()[i])] = tally.failures[i];
  }
  if (tally.unanswered != 0) json["unanswered"] = tally.unanswered;
  if (tally.upgrade_refused != 0) json["upgrade_refused"] = tally.upgrade_refused;
  return json;
}

Json use_of(const ProcessCpu::Times& times, const Outcome& outcome) {
  const double answered = static_cast<double>(std::max<std::uint64_t>(outcome.tally.ended, 1));
  return {{"cpu_microseconds_per_request", microseconds(times.total()) / answered},
          {"user_microseconds_per_request", microseconds(times.user) / answered},
          {"system_microseconds_per_request", microseconds(times.system) / answered},
          {"busy", seconds(times.total()) / seconds(outcome.measured)}};
}

}  // namespace

Json report_json(const LoadPlan& plan, const Outcome& outcome) {
  const Tally& tally = outcome.tally;
  Json json = {{"mode", plan.pace ? "open" : "closed"},
               {"protocol", plan.http2 ? "h2" : "http/1.1"},
               {"tls", plan.tls != nullptr},
               {"connections", plan.connections},
               {"streams", plan.streams},
               {"threads", plan.threads},
               {"duration_seconds", seconds(outcome.measured)},
               {"rate", plan.pace ? Json(plan.pace->to) : Json(nullptr)},
               {"requests", tally.answered},
               {"requests_per_second", static_cast<double>(tally.ended) / seconds(outcome.measured)},
               {"bytes_received", tally.bytes_received},
               {"bytes_sent", tally.bytes_sent},
               {"latency_microseconds", latencies_of(tally.latencies)},
               {"distribution", distribution_of(tally.latencies)},
               {"statuses", statuses_of(tally)},
               {"errors", errors_of(tally)},
               {"failed", tally.failed()},
               {"delayed", tally.delayed},
               {"in_flight", tally.in_flight},
               {"oldest_microseconds", microseconds(tally.oldest)}};
  json["cpu"] = use_of(outcome.own, outcome);
  json["cpu"]["busiest_thread"] = outcome.busiest_thread;
  json["processes"] = outcome.target ? use_of(*outcome.target, outcome) : Json(nullptr);
  json["machine_busy"] = outcome.machine_busy;
  json["limited_by"] = word(limit_of(outcome, plan));
  return json;
}

}  // namespace weir::bench
