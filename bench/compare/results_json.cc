#include "bench/compare/results_json.h"

#include <nlohmann/json.hpp>

namespace weir::bench::compare {
namespace {

using nlohmann::ordered_json;

template <class Value>
ordered_json or_null(const std::optional<Value>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json load_json(const LoadResult& load) {
  ordered_json result{{"requests", load.requests},
                      {"failed", load.failed},
                      {"requests_per_second", load.requests_per_second},
                      {"latency_microseconds",
                       {{"p50", load.p50},
                        {"p90", load.p90},
                        {"p99", load.p99},
                        {"p99_9", load.p99_9},
                        {"p99_99", load.p99_99},
                        {"max", load.longest}}},
                      {"distribution", load.distribution},
                      {"errors", load.errors},
                      {"proxy_cpu", nullptr}};
  if (load.proxy) {
    result["proxy_cpu"] = {{"user_microseconds_per_request", load.proxy->user},
                           {"system_microseconds_per_request", load.proxy->system},
                           {"busy", load.proxy->busy}};
  }
  return result;
}

ordered_json measurement_json(const Measurement& one) {
  return {{"workload", one.workload},
          {"peer", one.peer},
          {"round", one.round + 1},
          {"problem", one.problem.empty() ? ordered_json(nullptr) : ordered_json(one.problem)},
          {"rate", or_null(one.rate)},
          {"load", one.load ? load_json(*one.load) : ordered_json(nullptr)},
          {"load_core_busy", or_null(one.helpers_busy)},
          {"bytes_per_client", or_null(one.bytes_per_client)}};
}

ordered_json machine_json(const Machine& machine) {
  return {{"cpu", machine.cpu},
          {"cores", machine.cores},
          {"virtual_machine", machine.virtual_machine},
          {"memory_bytes", machine.memory},
          {"kernel", machine.kernel},
          {"mitigated", machine.mitigated},
          {"vulnerable", machine.vulnerable},
          {"kernel_tls", machine.kernel_tls},
          {"compiler", machine.compiler}};
}

ordered_json goals_json(const Results& results) {
  ordered_json all = ordered_json::array();
  for (const Verdict& verdict : verdicts(results)) {
    all.push_back({{"goal", verdict.goal->text},
                   {"workload", verdict.goal->workload},
                   {"measured", verdict.measured},
                   {"verdict", to_string(verdict.outcome)}});
  }
  return all;
}

}  // namespace

std::string results_json(const Results& results) {
  ordered_json document{{"started", results.started},
                        {"command", results.command},
                        {"cores", results.cores},
                        {"seconds", results.seconds},
                        {"rounds", results.rounds},
                        {"machine", machine_json(results.machine)},
                        {"peers", ordered_json::array()},
                        {"not_installed", results.missing},
                        {"notes", results.notes},
                        {"goals", goals_json(results)},
                        {"measurements", ordered_json::array()}};
  for (const MeasuredPeer& peer : results.peers) {
    document["peers"].push_back({{"name", peer.name}, {"version", peer.version}});
  }
  for (const Measurement& one : results.measurements) {
    document["measurements"].push_back(measurement_json(one));
  }
  return document.dump(1) + "\n";
}

}  // namespace weir::bench::compare
