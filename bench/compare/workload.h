#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/clock.h"

// What the peers are compared at. Values only: one line of the table in workload.cc is one workload.
namespace weir::bench::compare {

// How the requests come.
enum class Pace {
  closed,         // each connection sends its next request when it has the answer
  fixed_rate,     // open loop, at `rate` requests a second
  share_of_most,  // open loop, at `share` of what the slowest peer can
  idle,           // every connection makes one request and then stays open
};

// What happens in the middle of a measurement.
enum class Disturbance {
  none,
  kill_target,  // the first one
  lose_zone,    // all targets of `lost_zone` are killed, and brought back later
};

// Which peers take part.
enum class Audience {
  proxies,         // weir and the layer 7 peers
  with_layer4,     // those, and HAProxy as a layer 4 proxy
  balancers,       // those that can have several targets
  routers,         // those that are told rules
  secure,          // those that are told certificates
  workers_of_weir  // weir with one worker, and with two
};

struct Workload {
  std::string_view name;
  std::string_view title;
  Audience audience = Audience::proxies;
  Pace pace = Pace::closed;
  unsigned connections = 64;
  std::string_view path = "/";  // the 128-byte answer
  std::string_view method = "GET";
  std::uint64_t body = 0;  // of each request, or of each WebSocket message
  bool close = false;
  bool websocket = false;
  bool secure = false;   // HTTPS
  bool rsa = false;      // with such a key of 2048 bits; else ECDSA with P-256
  bool resume = false;   // TLS sessions; else each handshake is a full one
  unsigned streams = 0;  // of each connection, which is one of HTTP/2; 0: HTTP/1.1
  double rate = 0;       // of Pace::fixed_rate, requests/s
  double share = 0;      // of Pace::share_of_most
  unsigned targets = 1;
  std::chrono::milliseconds delay{0};  // of the targets' answers
  unsigned slow_factor = 1;            // the first target's delay is that many times longer
  Disturbance disturbance = Disturbance::none;
  std::vector<std::string_view> zones{};  // of the targets; empty: none
  std::string_view lost_zone{};
};

const std::vector<Workload>& workloads();

// "small,close" or "all", in the order of the table. The error names the first word that is no workload, and
// what it may have meant.
std::expected<std::vector<Workload>, std::string> choose_workloads(std::string_view list);

// Whether its own failures are what it measures.
bool is_behaviour(const Workload& workload);

// A workload's connections, so far as the limit of open files allows: a proxy needs two for each.
unsigned fitting_connections(unsigned wanted, std::uint64_t descriptors);

}  // namespace weir::bench::compare
