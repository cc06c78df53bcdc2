#include <cmath>

#include "lb/admin/group_json.h"
#include "lb/admin/live_rates.h"
#include "lb/admin/timestamp.h"

namespace weir::admin {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value) { return std::round(value * 1e6) / 1e6; }

std::string time_of(double seconds) {
  using std::chrono::milliseconds;
  return timestamp(base::WallTime(milliseconds(static_cast<std::int64_t>(std::round(seconds * 1000)))));
}

// What lies above all bounds of the buckets is null like what is not there; "at_least" has the last bound.
Json json_of(const Latencies& latencies) {
  Json document, at_least;
  const auto put = [&](const char* name, const std::optional<Latency>& latency) {
    const bool known = latency && !latency->above;
    document[name] = known ? Json(rounded(latency->seconds)) : Json();
    if (latency && latency->above) at_least[name] = rounded(latency->seconds);
  };
  put("p50", latencies.p50);
  put("p95", latencies.p95);
  put("p99", latencies.p99);
  if (!at_least.is_null()) document["at_least"] = std::move(at_least);
  return document;
}

Json json_of(const ListenerRates& one) {
  return {{"requests", rounded(one.requests)},
          {"responses_4xx", rounded(one.responses_4xx)},
          {"errors_by_weir", rounded(one.own_errors)},
          {"errors_by_targets", rounded(one.target_errors)},
          {"latency_seconds", json_of(one.latencies)},
          {"connections", one.connections},
          {"websockets", one.websockets},
          {"received_bytes", rounded(one.received_bytes)},
          {"sent_bytes", rounded(one.sent_bytes)},
          {"failed_handshakes", rounded(one.failed_handshakes)}};
}

Json certificate_of(const ListenerRates& one) {
  if (!one.certificate) return nullptr;
  return {{"subject", one.certificate->subject},
          {"expires", static_cast<std::int64_t>(one.certificate->expires)}};
}

Json listener_json(const ListenerRates& one) {
  Json document{{"name", one.name}, {"protocol", one.protocol}, {"http2", one.http2}};
  document.update(json_of(one));
  document["certificate"] = certificate_of(one);
  return document;
}

// Rates of a target without counters of its own are null.
Json json_of(const TargetRates& one) {
  const auto own = [&](double rate) { return one.now.counters ? Json(rounded(rate)) : Json(); };
  return {{"id", one.now.id},
          {"address", one.now.address},
          {"zone", one.now.zone},
          {"state", one.now.state},
          {"reason", one.now.reason},
          {"since", time_of(one.now.since)},
          {"zone_shifted", one.now.zone_shifted},
          {"outstanding", one.now.outstanding},
          {"requests", own(one.requests)},
          {"responses_5xx", own(one.responses_5xx)},
          {"connection_errors", own(one.connection_errors)},
          {"latency_seconds", json_of(one.latencies)}};
}

Json json_of(const GroupRates& one) {
  Json group{{"name", one.now.name},
             {"algorithm", one.now.algorithm},
             {"ready", one.now.ready},
             {"can_serve", one.now.can_serve},
             {"fail_open", one.now.fail_open},
             {"healthy", one.now.healthy},
             {"counted", one.now.counted},
             {"queue_length", one.now.queue_length},
             {"outstanding", one.outstanding},
             {"requests", rounded(one.requests)},
             {"responses_5xx", rounded(one.responses_5xx)},
             {"connection_errors", rounded(one.connection_errors)},
             {"retries", rounded(one.retries)},
             {"latency_seconds", json_of(one.latencies)},
             {"targets", Json::array()}};
  for (const TargetRates& target : one.targets) group["targets"].push_back(json_of(target));
  return group;
}

}  // namespace

std::string live_rates_json(const LiveRates& rates) {
  Json document{
      {"at", time_of(rates.now.at)}, {"seconds", rounded(rates.seconds)}, {"version", rates.now.version}};
  document.update(json_of(rates.all));
  document["listeners"] = Json::array();
  for (const ListenerRates& one : rates.listeners) document["listeners"].push_back(listener_json(one));
  document["rules"] = Json::array();
  for (const RuleRates& one : rates.rules) {
    document["rules"].push_back(
        Json{{"listener", one.listener}, {"rule", one.rule}, {"requests", rounded(one.requests)}});
  }
  document["zone_shifts"] = Json::array();
  for (const LiveShift& one : rates.now.zone_shifts) {
    document["zone_shifts"].push_back(
        Json{{"zone", one.zone}, {"reason", one.reason}, {"until", time_of(one.until)}});
  }
  document["target_groups"] = Json::array();
  for (const GroupRates& one : rates.target_groups) document["target_groups"].push_back(json_of(one));
  return json_text(document, -1);
}

}  // namespace weir::admin
