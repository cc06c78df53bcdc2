#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lb/base/clock.h"
#include "lb/explain/known_group.h"

namespace weir::explain {

// Why a target gets no request of this kind.
struct Exclusion {
  std::string reason;  // draining, zone_shifted, weight_0, ejected, unhealthy, initial, other_zone,
                       // max_requests, fail_open_refuses
  std::string detail;  // in words; empty: the reason says all
};

struct TargetTrace {
  std::string id;
  std::string address;
  std::string zone;
  KnownTarget known;
  std::uint32_t weight = 1;  // as configured
  double effective = 0;      // slow start applied; 0: excluded
  double part = 0;           // of the group's requests, by weights and zones alone
  std::uint32_t in_flight = 0;
  std::optional<std::uint32_t> max_requests = {};
  std::optional<double> score = {};  // absent: excluded, or not known yet
  std::optional<Exclusion> excluded = {};
  bool picked = false;
};

// A group that the request may go to, and its targets.
struct GroupTrace {
  std::string name;
  std::uint32_t weight = 1;  // among the groups of the action
  bool chosen = false;
  std::string algorithm;
  std::string score;  // what the score of a target is, and what it decides
  std::string cross_zone;
  std::string own_zone;
  bool fail_open = false;
  std::vector<TargetTrace> targets;
};

GroupTrace trace_group(const model::TargetGroup& group, const KnownGroup& known, const std::string& own_zone,
                       base::Instant now);

}  // namespace weir::explain
