#pragma once

#include <array>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "lb/observe/counters.h"

// The counters of all workers added up, as plain values: what metrics and the status page show.
namespace weir::observe {

struct TargetKey {
  std::string target_group;
  std::string zone;
  std::string target;  // its id
  auto operator<=>(const TargetKey&) const = default;
};

struct HistogramTotal {
  std::vector<std::uint64_t> buckets;  // those behind the last one that is there are empty
  std::uint64_t sum = 0;               // nanoseconds
  std::uint64_t count() const { return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0}); }
  bool operator==(const HistogramTotal&) const = default;
};

struct StatusTotal {
  unsigned status = 0;
  std::uint64_t count = 0;
  bool operator==(const StatusTotal&) const = default;
};

// Only what was counted at least once is in the lists of words and statuses; a scrape adds what it writes
// from the start.
struct WordTotal {
  std::string_view word;
  std::uint64_t count = 0;
  bool operator==(const WordTotal&) const = default;
};

struct WordPairTotal {
  WordPair words;
  std::uint64_t count = 0;
  bool operator==(const WordPairTotal&) const = default;
};

struct ListenerTotal {
  std::string listener;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::int64_t connections = 0;
  std::int64_t websockets = 0;
  std::array<std::uint64_t, kClientProtocolWords.size()> connections_total{};
  std::vector<StatusTotal> requests;
  std::vector<WordTotal> errors;
  std::vector<WordTotal> rejections;
  std::vector<WordPairTotal> desync;          // class and reason
  std::vector<WordPairTotal> tls_handshakes;  // result and version
  std::uint64_t tls_unserved_names = 0;
  bool expects_handshakes = false;

  std::uint64_t request_count() const { return count_between(0, 999); }
  std::uint64_t count_between(unsigned first, unsigned last) const;  // of statuses, both included
  bool operator==(const ListenerTotal&) const = default;
};

struct RouteTotal {
  std::string listener;
  std::string target_group;
  HistogramTotal duration;
  std::vector<WordPairTotal> grpc = {};       // status and who brought it about
  std::vector<WordTotal> grpc_failures = {};  // of these what failed with no 5xx: who brought it about
  bool operator==(const RouteTotal&) const = default;
};

struct RuleTotal {
  std::string listener;
  std::string rule;
  std::uint64_t requests = 0;
  std::vector<WordTotal> sticky = {};
  bool operator==(const RuleTotal&) const = default;
};

struct GroupTotal {
  std::string target_group;
  std::vector<WordTotal> retries;
  std::vector<WordTotal> sticky = {};
  std::uint64_t retry_budget_exhausted = 0;
  std::int64_t queue_length = 0;
  HistogramTotal queue_wait;
  bool operator==(const GroupTotal&) const = default;
};

struct TargetTotal {
  TargetKey key;
  std::int64_t outstanding = 0;
  std::int64_t active_connections = 0;
  std::int64_t idle_connections = 0;
  std::array<std::uint64_t, 5> requests{};
  HistogramTotal response;
  std::vector<WordTotal> connection_errors;

  std::uint64_t request_count() const;
  std::uint64_t connection_error_count() const;
  bool operator==(const TargetTotal&) const = default;
};

// Every list is sorted by its key.
struct Totals {
  LatencyBounds latency_bounds = {};  // of all its histograms; empty: it has none
  std::vector<ListenerTotal> listeners;
  std::vector<RouteTotal> routes;
  std::vector<RuleTotal> rules;
  std::vector<GroupTotal> groups;
  std::vector<TargetTotal> targets;

  const ListenerTotal* find_listener(const std::string& listener) const;
  const TargetTotal* find_target(const TargetKey& key) const;
  bool operator==(const Totals&) const = default;
};

}  // namespace weir::observe
