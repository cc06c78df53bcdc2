#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The documents of /api/v1/live as values: see live_text.h. Plain values, texts as the daemon sent them.
namespace weir::admin {

struct LiveCertificate {
  std::string subject = {};
  double expires = 0;  // seconds since 1970
};

struct LiveListener {
  std::string name = {};
  std::string protocol = "http";
  bool http2 = false;
  std::uint64_t failed_handshakes = 0;
  std::optional<LiveCertificate> certificate = {};  // the one that expires first
  std::vector<std::uint64_t> responses = {};        // 1xx to 5xx
  std::uint64_t own_5xx = 0;
  std::uint64_t connections = 0;
  std::uint64_t websockets = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
};

struct LiveRule {
  std::string listener = {};
  std::string rule = {};
  std::uint64_t requests = 0;
};

// Calls that failed though HTTP said no 5xx.
struct LiveGrpcFailures {
  std::uint64_t by_target = 0;
  std::uint64_t by_weir = 0;
};

struct LiveRoute {
  std::string listener = {};
  std::string target_group = {};
  std::vector<std::uint64_t> buckets = {};
  LiveGrpcFailures grpc_failures = {};
};

struct LiveCounters {
  std::uint64_t requests = 0;
  std::uint64_t responses_5xx = 0;
  std::uint64_t connection_errors = 0;
  std::vector<std::uint64_t> buckets = {};
};

struct LiveTarget {
  std::string id = {};
  std::string address = {};
  std::string zone = {};
  std::string state = {};
  std::string reason = {};
  double since = 0;
  std::optional<double> until = {};
  std::uint64_t weight = 0;
  double part = 0;
  std::optional<std::uint64_t> max_requests = {};
  std::uint64_t outstanding = 0;
  bool zone_shifted = false;
  std::optional<LiveCounters> counters = LiveCounters();  // absent: it counts in its group's `other`
};

struct LiveGroup {
  std::string name = {};
  std::string algorithm = {};
  bool in_use = true;
  bool ready = true;
  bool can_serve = true;
  bool fail_open = false;
  std::uint64_t healthy = 0;
  std::uint64_t counted = 0;
  std::uint64_t queue_length = 0;
  std::uint64_t retries = 0;
  std::vector<LiveTarget> targets = {};
  LiveCounters other = {};  // of targets that have no counters of their own
};

struct LiveShift {
  std::string zone = {};
  std::string reason = {};
  double until = 0;
};

struct LiveDocument {
  double at = 0;     // seconds since 1970
  double clock = 0;  // seconds of a clock that is never set
  std::string version = {};
  std::uint64_t pid = 0;
  double started = 0;
  std::uint64_t workers = 0;
  std::string config_file = {};
  std::string config_hash = {};
  double config_loaded = 0;
  bool last_reload_succeeded = true;
  std::vector<double> bounds_seconds = {};
  std::vector<LiveListener> listeners = {};
  std::vector<LiveRule> rules = {};
  std::vector<LiveRoute> routes = {};
  std::vector<LiveShift> zone_shifts = {};
  std::vector<LiveGroup> target_groups = {};
};

// The error says that the text is no such document.
std::expected<LiveDocument, std::string> read_live(std::string_view json);

}  // namespace weir::admin
