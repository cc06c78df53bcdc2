#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/pace.h"
#include "bench/load/url.h"
#include "lb/base/address.h"
#include "lb/base/clock.h"
#include "lb/net/tls_client_context.h"

namespace weir::bench {

struct WeightedUrl {
  Url url;
  unsigned weight = 1;
};

// One run of the load generator, validated: plain values, shared by its threads.
struct LoadPlan {
  std::vector<WeightedUrl> urls;  // at least one; all lead to `address`
  base::SocketAddress address;
  unsigned connections = 64;
  unsigned streams = 1;  // of each connection, over 1 with HTTP/2 only: a virtual user has one, and a request
  unsigned threads = 1;  // at most as many as connections
  base::Duration warmup = std::chrono::seconds(1);
  base::Duration duration = std::chrono::seconds(10);
  base::Duration timeout = std::chrono::seconds(10);  // to connect, for the response's head, between pieces
  std::optional<Pace> pace;                           // an open loop; absent: closed
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;                                  // of every request, or WebSocket message
  bool http2 = false;                                // without TLS it is spoken at once (RFC 9113 3.3)
  bool close = false;                                // a connection for each request
  bool cookies = false;                              // each virtual user keeps those that it gets
  std::shared_ptr<const net::TlsClientContext> tls;  // null: without
  bool resume = false;                               // its sessions
};

// Requests whose answer ends in [from, until) count; in an open loop those that are due then.
struct Window {
  base::Instant start;  // of the load
  base::Instant from;
  base::Instant until;
};

}  // namespace weir::bench
