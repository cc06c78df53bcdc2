#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/observe/counter.h"
#include "lb/observe/histogram.h"

// What one worker counts. Every instance belongs to one worker (made by Registry); it stands on cache lines
// of its own, so that a worker never waits for another's writes.
namespace weir::observe {

// What a client speaks on a connection, by its ALPN name.
enum class ClientProtocol : std::uint8_t { http1, http2 };
inline constexpr std::array<std::string_view, 2> kClientProtocolWords = {"http/1.1", "h2"};

// Why a connection was closed before its first request was read, or given up behind one.
enum class Rejection : std::uint8_t {
  listener_limit,
  process_limit,
  source_limit,
  sources,
  no_descriptors,
  no_memory,
  stopping,
  proxy_header,  // none came in time, or none that the PROXY protocol allows
  http2_error,   // against the rules of HTTP/2
  http2_flood,   // or far too much of what it allows
};
inline constexpr std::array<std::string_view, 10> kRejectionWords = {
    "listener_limit", "process_limit", "source_limit", "sources",     "no_descriptors",
    "no_memory",      "stopping",      "proxy_header", "http2_error", "http2_flood"};

// The words behind the numbers that the layers above count by. Constants of theirs.
struct Vocabulary {
  WordCounters::Words errors;                // why a request was not answered as it should
  WordCounters::Words desync_classes;        // acceptable, ambiguous, severe ...
  WordCounters::Words desync_reasons;        // ALB's reason names
  WordCounters::Words connection_errors;     // why a connection to a target failed
  WordCounters::Words retries;               // why a request was sent again
  WordCounters::Words sticky_outcomes = {};  // what became of a client's session
  WordCounters::Words tls_results = {};      // of handshakes: full, resumed, or why there is no session
  WordCounters::Words tls_versions = {};     // that were agreed on
  WordCounters::Words grpc_statuses = {};    // of calls, by their number
  WordCounters::Words grpc_enders = {};      // who brought them to their end
};

// What is written as 0 until it is counted: rates of Prometheus do not see what a series begins with, so that
// the first burst of errors would be lost. Of statuses those that alerts ask for: success, the client that
// went away and what weir answers when targets fail; any other begins with its first answer.
inline constexpr std::array<unsigned, 6> kStatusesFromStart = {200, 460, 500, 502, 503, 504};
// Whatever a request is sent again for.
inline constexpr std::array<std::string_view, 14> kRetriesFromStart = {
    "connect_refused",     "connect_unreachable", "connect_timeout",  "connect_failed", "target_tls",
    "target_certificate",  "stream_refused",      "target_leaving",   "target_reset",   "target_closed",
    "target_stream_reset", "drain_timeout",       "response_timeout", "failing_status"};
// Of a target no more than how it goes away: each adds three percent to the scrape of thousands of targets.
inline constexpr std::array<std::string_view, 2> kConnectionErrorsFromStart = {"connect_refused",
                                                                               "connect_timeout"};
// Of a listener with TLS.
inline constexpr std::array<WordPair, 4> kHandshakesFromStart = {
    {{"full", "TLSv1.2"}, {"full", "TLSv1.3"}, {"resumed", "TLSv1.2"}, {"resumed", "TLSv1.3"}}};

// Of a route that gRPC calls have taken.
inline constexpr std::array<WordPair, 4> kGrpcEndsFromStart = {
    {{"OK", "target"}, {"CANCELLED", "client"}, {"DEADLINE_EXCEEDED", "weir"}, {"UNAVAILABLE", "weir"}}};
inline constexpr std::array<std::string_view, 2> kGrpcFailuresFromStart = {"target", "weir"};

class StatusCounters {
 public:
  static constexpr unsigned kFirst = 100;
  static constexpr unsigned kLast = 999;  // what three digits can say, though HTTP ends at 599

  // What has not three digits is not counted.
  void add(unsigned status) {
    if (status >= kFirst && status <= kLast) counters_[status - kFirst].add();
  }
  std::uint64_t of(unsigned status) const { return counters_[status - kFirst].value(); }

 private:
  std::array<Counter, kLast - kFirst + 1> counters_;
};

struct alignas(kCacheLine) ListenerCounters {
  explicit ListenerCounters(const Vocabulary& words)
      : errors(words.errors),
        desync(words.desync_classes, words.desync_reasons),
        tls_handshakes(words.tls_results, words.tls_versions) {}

  Counter received_bytes;  // from clients: heads and bodies, as they came off the connection
  Counter sent_bytes;      // to clients
  Gauge connections;
  Gauge websockets;  // tunnels: requests that were answered 101
  std::array<Counter, kClientProtocolWords.size()> connections_total;
  WordCounters errors;
  WordCounters rejections{kRejectionWords};
  WordPairCounters desync;          // class and reason
  WordPairCounters tls_handshakes;  // result and version
  Counter tls_unserved_names;       // of these, for a name that no certificate has
  StatusCounters requests;          // by the status that the client was sent, 460 and the like included

  // What the client speaks may be known at once, or only after its handshake.
  void connection_opened() { connections.add(); }
  void protocol_known(ClientProtocol protocol) {
    connections_total[static_cast<std::size_t>(protocol)].add();
  }
  void connection_opened(ClientProtocol protocol) {
    connection_opened();
    protocol_known(protocol);
  }
  void connection_closed() { connections.subtract(); }

  // The listener serves TLS, so that handshakes are told of before the first one.
  void expect_handshakes() { expects_handshakes_.store(true, std::memory_order_relaxed); }
  bool expects_handshakes() const { return expects_handshakes_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> expects_handshakes_{false};
};

// A listener's requests that went to one target group; the group "" stands for those that went to none.
struct alignas(kCacheLine) RouteCounters {
  RouteCounters(const Vocabulary& words, std::shared_ptr<const LatencyBuckets> buckets)
      : duration(std::move(buckets)),
        grpc(words.grpc_statuses, words.grpc_enders),
        grpc_failures(words.grpc_enders) {}

  Histogram duration;          // from the first byte of the request to the last of the response
  WordPairCounters grpc;       // calls, by the status that the client saw and who brought it about
  WordCounters grpc_failures;  // of these what failed with no 5xx of HTTP, by who brought it about
};

struct alignas(kCacheLine) RuleCounters {
  explicit RuleCounters(const Vocabulary& words) : sticky(words.sticky_outcomes) {}

  Counter requests;
  WordCounters sticky;  // of a rule that keeps its clients at a group
};

struct alignas(kCacheLine) GroupCounters {
  GroupCounters(const Vocabulary& words, std::shared_ptr<const LatencyBuckets> buckets)
      : retries(words.retries), sticky(words.sticky_outcomes), queue_wait(std::move(buckets)) {}

  WordCounters retries;
  WordCounters sticky;
  Gauge queue_length;              // requests that wait for a target with a free slot
  Histogram queue_wait;            // of those whose turn came
  Counter retry_budget_exhausted;  // requests that were not sent again for want of a token
};

struct alignas(kCacheLine) TargetCounters {
  TargetCounters(const Vocabulary& words, std::shared_ptr<const LatencyBuckets> buckets)
      : response(std::move(buckets)), connection_errors(words.connection_errors) {}

  Gauge outstanding;  // requests sent and not yet wholly answered
  Gauge active_connections;
  Gauge idle_connections;
  std::array<Counter, 5> requests;  // by the class of the target's own status, from 1xx on
  Histogram response;               // from the request wholly sent to the response head
  WordCounters connection_errors;

  void count_status(unsigned status) {
    requests[std::clamp(status / 100, 1U, 5U) - 1].add();  // 600 and more: as 5xx (RFC 9110 15)
  }
};

}  // namespace weir::observe
