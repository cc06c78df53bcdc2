#pragma once

#include <string>
#include <vector>

#include "lb/admin/live_reader.h"

// What happened between two live documents. Pure.
namespace weir::admin {

struct Latency {
  double seconds = 0;
  bool above = false;  // it is more than that: buckets end there
  bool operator==(const Latency&) const = default;
};

// Absent: there was no request.
struct Latencies {
  std::optional<Latency> p50 = {};
  std::optional<Latency> p95 = {};
  std::optional<Latency> p99 = {};
};

// Everything that is "of a second" is a rate.
struct ListenerRates {
  std::string name = {};
  std::string protocol = {};                        // of one listener: "http", "https"
  bool http2 = false;                               // of one listener
  std::optional<LiveCertificate> certificate = {};  // of one listener
  double requests = 0;                              // of a second
  double responses_4xx = 0;                         // of a second
  double own_errors = 0;                            // of a second: 5xx and failed calls of gRPC, weir's own
  double target_errors = 0;                         // of a second: the same, that targets answered
  Latencies latencies = {};
  std::uint64_t connections = 0;
  std::uint64_t websockets = 0;
  double received_bytes = 0;     // of a second
  double sent_bytes = 0;         // of a second
  double failed_handshakes = 0;  // of a second
};

struct RuleRates {
  std::string listener = {};
  std::string rule = {};
  double requests = 0;  // of a second
};

// All of it is 0 for a target that has no counters of its own.
struct TargetRates {
  std::string target_group = {};
  LiveTarget now = {};
  double requests = 0;           // of a second
  double responses_5xx = 0;      // of a second
  double connection_errors = 0;  // of a second
  Latencies latencies = {};      // to the first byte
};

struct GroupRates {
  LiveGroup now = {};            // without its targets and other counters, which the rates are of
  double requests = 0;           // of a second
  double responses_5xx = 0;      // of a second
  double connection_errors = 0;  // of a second
  double retries = 0;            // of a second
  std::uint64_t outstanding = 0;
  Latencies latencies = {};  // to the first byte
  std::vector<TargetRates> targets = {};
};

struct LiveRates {
  LiveDocument now = {};   // without its listeners, rules, routes and groups
  double seconds = 0;      // between the two; 0: there is no earlier one, and all rates are 0
  ListenerRates all = {};  // of the listeners together
  std::vector<ListenerRates> listeners = {};
  std::vector<RuleRates> rules = {};
  std::vector<GroupRates> target_groups = {};
};

// `before` is the same document where there is none, or where it is another daemon's. Counters that went back
// count as 0.
LiveRates live_rates(const LiveDocument& before, const LiveDocument& now);

// One line of JSON, of ASCII only.
std::string live_rates_json(const LiveRates& rates);

// What the part of what the buckets count stays under, straight between the bounds of a bucket. Absent: they
// are empty.
std::optional<Latency> percentile(const std::vector<std::uint64_t>& buckets,
                                  const std::vector<double>& bounds, double part);

}  // namespace weir::admin
