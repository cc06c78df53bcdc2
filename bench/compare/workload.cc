#include "bench/compare/workload.h"

#include <algorithm>
#include <iterator>

#include "bench/compare/choice.h"

namespace weir::bench::compare {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kKibi = 1024;

std::vector<Workload> clear_workloads() {
  return {
      {.name = "small", .title = "GET of 128 B, keep-alive", .audience = Audience::with_layer4},
      {.name = "large", .title = "GET of 64 KiB", .path = "/bytes/65536"},
      {.name = "huge", .title = "GET of 1 MiB", .connections = 16, .path = "/bytes/1048576"},
      {.name = "post", .title = "POST of 16 KiB", .method = "POST", .body = 16 * kKibi},
      {.name = "rules",
       .title = "GET of 128 B, the tenth of ten rules for paths",
       .audience = Audience::routers},
      {.name = "close", .title = "a connection for each request", .close = true},
      {.name = "c1000", .title = "GET of 128 B over 1 000 connections", .connections = 1000},
      {.name = "c10000", .title = "GET of 128 B over 10 000 connections", .connections = 10'000},
      {.name = "websocket", .title = "WebSocket echo of 128 B", .body = 128, .websocket = true},
      {.name = "latency",
       .title = "GET of 128 B at 60 % of what the slowest peer can",
       .pace = Pace::share_of_most,
       .share = 0.6},
      {.name = "idle",
       .title = "10 000 clients that have made one GET each",
       .pace = Pace::idle,
       .connections = 10'000},
      {.name = "workers",
       .title = "GET of 128 B at half of what one worker can",
       .audience = Audience::workers_of_weir,
       .pace = Pace::share_of_most,
       .share = 0.5},
  };
}

std::vector<Workload> secure_workloads() {
  return {
      {.name = "tls",
       .title = "HTTPS GET of 128 B, keep-alive",
       .audience = Audience::secure,
       .secure = true},
      {.name = "h2",
       .title = "HTTPS GET of 128 B by HTTP/2, 8 connections of 32 streams",
       .audience = Audience::secure,
       .connections = 8,
       .secure = true,
       .streams = 32},
      {.name = "handshake",
       .title = "a full TLS handshake (ECDSA) for each request",
       .audience = Audience::secure,
       .close = true,
       .secure = true},
      {.name = "handshake-rsa",
       .title = "a full TLS handshake (RSA) for each request",
       .audience = Audience::secure,
       .close = true,
       .secure = true,
       .rsa = true},
      {.name = "resume",
       .title = "a resumed TLS handshake for each request",
       .audience = Audience::secure,
       .close = true,
       .secure = true,
       .resume = true},
      {.name = "tls-idle",
       .title = "10 000 clients that have made one HTTPS GET each",
       .audience = Audience::secure,
       .pace = Pace::idle,
       .connections = 10'000,
       .secure = true},
  };
}

std::vector<Workload> behaviour_workloads() {
  return {
      {.name = "slow-target",
       .title = "four targets, one ten times slower",
       .audience = Audience::balancers,
       .pace = Pace::fixed_rate,
       .rate = 1000,
       .targets = 4,
       .delay = milliseconds(2),
       .slow_factor = 10},
      {.name = "dying-target",
       .title = "four targets, one is killed half way",
       .audience = Audience::balancers,
       .pace = Pace::fixed_rate,
       .rate = 2000,
       .targets = 4,
       .disturbance = Disturbance::kill_target},
      {.name = "lost-zone",
       .title = "five targets in three zones; a zone of two is killed, and comes back",
       .audience = Audience::balancers,
       .pace = Pace::fixed_rate,
       .rate = 1000,
       .targets = 5,
       .disturbance = Disturbance::lose_zone,
       .zones = {"a", "a", "b", "b", "c"},
       .lost_zone = "b"},
  };
}

}  // namespace

const std::vector<Workload>& workloads() {
  static const std::vector<Workload> all = [] {
    std::vector<Workload> table = clear_workloads();
    std::ranges::move(secure_workloads(), std::back_inserter(table));
    std::ranges::move(behaviour_workloads(), std::back_inserter(table));
    return table;
  }();
  return all;
}

std::expected<std::vector<Workload>, std::string> choose_workloads(std::string_view list) {
  std::vector<std::string> names;
  for (const Workload& workload : workloads()) names.emplace_back(workload.name);
  const auto chosen = choose("workload", list, names);
  if (!chosen) return std::unexpected(chosen.error());
  std::vector<Workload> result;
  for (const Workload& workload : workloads()) {
    if (chosen->contains(workload.name)) result.push_back(workload);
  }
  return result;
}

bool is_behaviour(const Workload& workload) { return workload.targets > 1; }

unsigned fitting_connections(unsigned wanted, std::uint64_t descriptors) {
  constexpr std::uint64_t kBesides = 1000;  // files, listeners, and what each proxy keeps back
  constexpr unsigned kStep = 100;
  const std::uint64_t most = descriptors > kBesides ? (descriptors - kBesides) / 2 : 1;
  if (wanted <= most) return wanted;
  const auto fitting = static_cast<unsigned>(most);
  return fitting > kStep ? fitting - fitting % kStep : fitting;
}

}  // namespace weir::bench::compare
