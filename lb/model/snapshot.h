#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lb/base/log.h"
#include "lb/model/access_log.h"
#include "lb/model/collector_url.h"
#include "lb/model/latency_bounds.h"
#include "lb/model/listener.h"
#include "lb/model/target_group.h"

// The whole validated configuration as plain values. Immutable once loaded; shared between threads
// as shared_ptr<const Snapshot>. Every name in it is known to exist: readers need not check again.
namespace weir::model {

// How a change of the configuration's files is noticed.
struct Watch {
  enum class Mode {
    automatic,  // by events, and by looking every now and then for what raises none
    poll,       // by looking at this interval alone
    off,
  };
  Mode mode = Mode::automatic;
  Milliseconds interval = std::chrono::seconds(2);
  bool operator==(const Watch&) const = default;
};

// Takes a new configuration back if, within the window, more than this share of the requests fail.
struct Rollback {
  Milliseconds window = std::chrono::seconds(30);
  double error_rate = 5;  // in percent
  bool operator==(const Rollback&) const = default;
};

struct Process {
  std::optional<std::uint32_t> workers;  // absent: auto, one per CPU
  std::string zone;                      // empty: off
  Place zone_place;
  Milliseconds shutdown_grace = std::chrono::seconds(30);
  Milliseconds upgrade_grace = std::chrono::hours(1);
  std::optional<std::uint64_t> max_connections;  // absent: auto
  Place max_connections_place;
  std::string server_name = "weir";
  std::string user;  // empty: off
  Place user_place;
  std::string state_dir = "/var/lib/weir";  // empty: off
  Place state_dir_place;
  Watch watch;
  std::optional<Rollback> rollback;
  std::optional<std::vector<base::SocketAddress>> resolvers;  // absent: auto, those of /etc/resolv.conf
  bool operator==(const Process&) const = default;
};

struct Admin {
  std::optional<base::SocketAddress> bind =
      base::SocketAddress(base::IpAddress{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}}, 9900);
  Place bind_place;
  std::string token_file;  // empty: off
  Place token_file_place;
  std::uint64_t max_series = 200'000;  // of what targets count
  LatencyBounds latency_buckets = usual_latency_bounds();
  bool operator==(const Admin&) const = default;
};

struct Log {
  base::log::Level level = base::log::Level::info;
  AccessLog access;
  std::vector<std::string> redact;  // query parameters and headers whose values are not written
  bool operator==(const Log&) const = default;
};

struct Tracing {
  std::optional<CollectorUrl> otlp;  // absent: off
  double sample = 1;                 // in percent, of the traces that weir decides about
  bool operator==(const Tracing&) const = default;
};

struct Secrets {
  std::string cookie_keys_file;  // empty: a key is made and kept in the state directory
  Place cookie_keys_file_place;
  bool operator==(const Secrets&) const = default;
};

// A request, and what the rules should make of it.
struct RoutingTest {
  std::string url;  // scheme, host, port, path and query
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<base::IpAddress> from;
  std::string listener;  // empty: the one that the port of the URL belongs to, or the only one
  Place listener_place;
  std::optional<std::string> rule;  // "default" is the default action
  std::optional<std::string> target_group;
  Place target_group_place;
  std::optional<std::string> redirect;   // the Location
  std::optional<std::uint16_t> respond;  // the status
  Place place;
  bool operator==(const RoutingTest&) const = default;
};

struct Snapshot {
  Process process;
  Admin admin;
  Log log;
  Tracing tracing;
  Secrets secrets;
  std::vector<RoutingTest> tests;
  std::vector<Listener> listeners;         // in the order of the file
  std::vector<TargetGroup> target_groups;  // in the order of the file

  const TargetGroup* find_group(const std::string& name) const;
  bool operator==(const Snapshot&) const = default;
};

}  // namespace weir::model
