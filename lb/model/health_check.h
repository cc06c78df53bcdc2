#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lb/model/pattern.h"
#include "lb/model/place.h"

// How a target group finds out which of its targets work: by asking them, and by watching their traffic.
namespace weir::model {

using Milliseconds = std::chrono::milliseconds;

struct StatusRange {
  std::uint16_t from = 0;
  std::uint16_t to = 0;  // included
  bool operator==(const StatusRange&) const = default;
};

// What a passing answer looks like: all of it has to hold, as far as the check's protocol has it.
struct Expect {
  std::vector<StatusRange> status{{200, 399}};
  std::optional<Pattern> body;  // somewhere in its first 64 KiB
  std::vector<std::pair<std::string, Pattern>> headers;
  std::vector<StatusRange> grpc{{12, 12}};  // codes; UNIMPLEMENTED is what ALB expects
  bool operator==(const Expect&) const = default;
};

struct HealthCheck {
  enum class Protocol : std::uint8_t { http, https, tcp, grpc };

  static constexpr std::size_t kBodyBytes = 64 * 1024;  // what is read of an answer's body
  static constexpr std::uint16_t kMostGrpcCode = 99;

  Protocol protocol = Protocol::http;  // unless given, that of the group
  std::optional<std::uint16_t> port;   // absent: the traffic's
  std::string path = "/";              // with its query; of grpc: empty for grpc.health.v1
  std::string method = "GET";
  std::string service;              // of grpc.health.v1; empty: the server as a whole
  std::optional<std::string> host;  // absent: the target's address
  std::vector<std::pair<std::string, std::string>> headers;
  Expect expect;
  Milliseconds interval = std::chrono::seconds(5);       // start to start
  Milliseconds fast_interval = std::chrono::seconds(1);  // while the target is changing its mind
  Milliseconds timeout = std::chrono::seconds(2);
  std::uint32_t jitter_percent = 10;
  std::uint32_t healthy_threshold = 2;    // consecutive
  std::uint32_t unhealthy_threshold = 2;  // consecutive
  Place place;
  Place protocol_place = {};
  Place fast_interval_place = {};
  Place timeout_place = {};
  bool operator==(const HealthCheck&) const = default;
};

// Ejects a target whose share of successes is below the group's mean by `factor` standard deviations.
struct SuccessRate {
  double factor = 1.9;
  std::uint32_t min_targets = 5;     // with enough requests
  std::uint32_t min_requests = 100;  // of a target in an interval
  Milliseconds interval = std::chrono::seconds(10);
  bool operator==(const SuccessRate&) const = default;
};

struct OutlierDetection {
  std::uint32_t consecutive_failures = 5;
  Milliseconds base_ejection = std::chrono::seconds(30);  // times the number of ejections in a row
  Milliseconds max_ejection = std::chrono::minutes(5);
  std::uint32_t max_ejected_percent = 50;
  std::optional<SuccessRate> success_rate;
  Place max_ejection_place = {};
  Place max_ejected_percent_place = {};
  bool operator==(const OutlierDetection&) const = default;
};

}  // namespace weir::model
