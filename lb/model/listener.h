#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lb/base/address.h"
#include "lb/model/http2.h"
#include "lb/model/place.h"
#include "lb/model/protocol.h"
#include "lb/model/rule.h"
#include "lb/model/tls.h"

// A listener as the configuration describes it. Absent optionals mean `off` unless said otherwise.
namespace weir::model {

struct Bind {
  base::SocketAddress address;
  Place place;
  bool operator==(const Bind&) const = default;
};

enum class DesyncMode { monitor, defensive, strictest };
enum class ForwardedMode { append, preserve, remove };

struct Forwarded {
  ForwardedMode mode = ForwardedMode::append;
  bool rfc7239 = false;
  std::vector<base::Cidr> trust;
  bool via = false;
  bool operator==(const Forwarded&) const = default;
};

struct ListenerTimeouts {
  std::optional<Milliseconds> header = std::chrono::seconds(10);
  std::optional<Milliseconds> body = std::chrono::seconds(30);
  std::optional<Milliseconds> idle = std::chrono::seconds(60);
  std::optional<Milliseconds> write = std::chrono::seconds(30);
  std::optional<Milliseconds> tunnel = std::chrono::hours(1);
  std::optional<Milliseconds> client_lifetime = std::chrono::hours(1);
  bool operator==(const ListenerTimeouts&) const = default;
};

struct ListenerLimits {
  std::uint64_t header_bytes = 64 * 1024;
  std::uint32_t headers = 128;
  std::uint64_t target_bytes = 16 * 1024;  // unless given, no more than header_bytes
  Place target_bytes_place;                // of its key
  std::optional<std::uint64_t> body_bytes;
  std::optional<std::uint64_t> connections;  // absent: auto, bounded by process.max_connections only
  std::optional<std::uint64_t> connections_per_source;
  std::optional<std::uint64_t> requests_per_connection;
  bool operator==(const ListenerLimits&) const = default;
};

// Who may send requests: of the networks that hold the connection's address, the longest prefix decides, and
// `deny` where both have it. Of none: allowed, unless `allow` names any.
struct Sources {
  std::vector<base::Cidr> allow;
  std::vector<base::Cidr> deny;
  bool operator==(const Sources&) const = default;
};

struct Listener {
  std::string name;
  Place place;
  std::vector<Bind> binds;
  Protocol protocol = Protocol::http;
  Place protocol_place;
  std::optional<ListenerTls> tls;                 // exactly with https
  std::optional<Http2> http2;                     // with http: by prior knowledge alone (RFC 9113 3.3)
  bool proxy_protocol = false;                    // on: every connection begins with its header, v1 or v2
  std::vector<std::string> upgrade{"websocket"};  // lower case
  DesyncMode desync_mode = DesyncMode::defensive;
  Forwarded forwarded;
  bool request_id = true;
  bool traceparent = true;
  bool amazon_trace_id = true;
  ListenerTimeouts timeouts;
  ListenerLimits limits;
  Sources sources;
  std::vector<Rule> rules;  // the first that matches decides
  Action default_action;    // for what no rule matches
  bool operator==(const Listener&) const = default;
};

// By its rules or its default action.
bool forwards_to(const Listener& listener, const std::string& target_group);

}  // namespace weir::model
