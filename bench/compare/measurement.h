#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// One peer at one workload in one round, as values.
namespace weir::bench::compare {

// Processor time of the proxy's processes.
struct ProxyCpu {
  double user = 0;    // microseconds per request
  double system = 0;  // microseconds per request
  double busy = 0;    // of one core
};

// What `weir-bench run` tells; times are in microseconds.
struct LoadResult {
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  double requests_per_second = 0;
  double p50 = 0, p90 = 0, p99 = 0, p99_9 = 0, p99_99 = 0, longest = 0;
  std::vector<std::pair<double, double>> distribution;  // share of the requests, and what it does not exceed
  std::map<std::string, std::uint64_t> errors;
  std::optional<ProxyCpu> proxy;
};

struct Measurement {
  std::string workload;
  std::string peer;
  unsigned round = 0;
  bool behaviour = false;  // failed requests are part of the result
  std::string problem{};   // what prevented it; empty if it succeeded
  std::optional<LoadResult> load{};
  std::optional<double> rate{};              // of an open loop
  std::optional<double> helpers_busy{};      // of the core of load or targets, the busier one
  std::optional<double> bytes_per_client{};  // resident, of Pace::idle
};

// From the file that `weir-bench run --json` writes. The error says what is wrong with it.
std::expected<LoadResult, std::string> parse_load_result(std::string_view json);

}  // namespace weir::bench::compare
