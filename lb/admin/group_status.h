#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lb/base/clock.h"

// What the admin API tells about target groups: plain values, filled by whoever runs them.
namespace weir::admin {

// The evidence of one probe.
struct ProbeStatus {
  base::WallTime at{};
  bool passed = false;
  std::string phase = {};    // passed, or where it failed: connect, tls, first_byte, status, header, body
  std::string reason = {};   // ALB's code; empty: none
  std::uint16_t status = 0;  // 0: no answer
  base::Duration took{0};
  std::string detail = {};
  std::string body_start = {};  // as it came, at most 256 bytes
};

struct TargetStatus {
  std::string id = {};
  std::string address = {};
  std::string zone = {};
  std::string owner = {};   // file, dns, api
  std::string state = {};   // initial, healthy, unhealthy, draining, ejected, unused
  std::string reason = {};  // a code such as ALB's; empty: none
  std::string detail = {};  // the evidence in words; empty: none
  base::WallTime since{};   // in this state
  std::uint32_t weight = 1;
  double effective_weight = 1;  // slow start applied; 0: it gets no new requests
  std::uint32_t outstanding = 0;
  std::optional<std::uint32_t> max_requests = {};
  std::optional<base::WallTime> until = {};    // the end of an ejection or a drain
  std::optional<std::uint64_t> sessions = {};  // that are bound to it while it drains, of the last 5 minutes
  bool zone_shifted = false;
  std::uint64_t checks_passed = 0;
  std::uint64_t checks_failed = 0;
  std::uint64_t ejections = 0;
  std::vector<ProbeStatus> probes = {};  // the last 20, newest last
};

// A DNS name of a group, and what its last answer was.
struct NameStatus {
  std::string name = {};
  std::string result = {};  // ok, nxdomain, empty, failed, truncated, partial
  std::string reason = {};  // why there was no answer; empty: there was one
  std::string detail = {};  // what that means for its targets; empty: nothing
};

struct GroupStatus {
  std::string name = {};
  std::string algorithm = {};
  bool in_use = true;      // a listener forwards to it
  bool ready = true;       // its targets have been looked at
  bool can_serve = true;   // a request would find a target
  bool fail_open = false;  // too few are healthy: all get requests
  std::uint32_t healthy = 0;
  std::uint32_t counted = 0;  // those that count for fail_open
  std::vector<TargetStatus> targets = {};
  std::vector<NameStatus> names = {};  // from their first answer on, or the first that did not come
};

struct ZoneShift {
  std::string zone = {};
  std::string reason = {};
  base::WallTime since{};
  base::WallTime until{};
  bool operator==(const ZoneShift&) const = default;
};

// Something that happened to a target, a zone or the configuration.
struct Event {
  std::uint64_t number = 0;  // from 1, in order
  base::WallTime at{};
  std::string kind = {};  // health, ejection, drain, membership, shift, dns, reload
  std::string target_group = {};
  std::string target = {};
  std::string zone = {};
  std::string from = {};  // the state before; empty: none
  std::string to = {};
  std::string reason = {};
  std::string detail = {};
};

}  // namespace weir::admin
