#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lb/base/address.h"
#include "lb/model/place.h"
#include "lb/model/protocol.h"

// A target group as the configuration describes it. Absent optionals mean `off`.
namespace weir::model {

using Milliseconds = std::chrono::milliseconds;

struct Target {
  base::SocketAddress address;
  Place address_place;
  std::string id;            // address:port where none is given
  std::string zone;          // empty: none
  std::uint32_t weight = 1;  // 0-999; 0: no new requests
  Place place;
  bool operator==(const Target&) const = default;
};

enum class Algorithm { round_robin };

struct GroupTimeouts {
  std::optional<Milliseconds> connect = std::chrono::seconds(2);
  std::optional<Milliseconds> response = std::chrono::seconds(60);
  std::optional<Milliseconds> idle = std::chrono::seconds(60);
  bool operator==(const GroupTimeouts&) const = default;
};

// Of idle connections, per target and worker.
struct KeepAlive {
  std::uint32_t max_idle = 64;  // 0: none is kept
  std::optional<Milliseconds> max_age = std::chrono::minutes(10);
  std::optional<std::uint64_t> max_requests;
  bool operator==(const KeepAlive&) const = default;
};

struct Retry {
  std::uint32_t attempts = 2;  // all tries, the first included
  bool connect_failure = true;
  std::uint64_t buffer = 64 * 1024;  // the most of a request body that may be sent a second time
  bool operator==(const Retry&) const = default;
};

struct TargetGroup {
  std::string name;
  Place place;
  Protocol protocol = Protocol::http;
  Algorithm algorithm = Algorithm::round_robin;
  std::vector<Target> targets;
  GroupTimeouts timeouts;
  KeepAlive keepalive;
  Retry retry;
  bool preserve_host = true;
  bool operator==(const TargetGroup&) const = default;
};

}  // namespace weir::model
