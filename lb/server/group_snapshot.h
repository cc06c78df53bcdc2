#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lb/admin/group_status.h"
#include "lb/health/health_state.h"
#include "lb/health/outlier_detector.h"
#include "lb/model/target_group.h"
#include "lb/observe/group_facts.h"
#include "lb/server/dns_membership.h"
#include "lb/server/state_file.h"
#include "lb/server/target_record.h"

namespace weir::server {

// What is known of the targets at one moment, for the process that takes over: plain values. Instants are the
// machine's, the same for both processes.
struct TargetSnapshot {
  model::Target target;
  Owner owner = Owner::file;
  std::optional<health::HealthState::Snapshot> health = {};  // absent: it is not probed
  std::optional<health::OutlierDetector::Snapshot> outlier = {};
  std::optional<Drain> drain = {};
  base::Instant ramp_since = base::kNever;
  base::WallTime ejected_at{};
  std::array<std::uint64_t, observe::kEjectionReasons.size()> ejections{};
  bool operator==(const TargetSnapshot&) const = default;
};

// A DNS name of a group, with the addresses that are its targets.
struct NameSnapshot {
  std::string name;
  std::uint16_t port = 0;
  bool srv = false;
  DnsMembership::Members members = {};
  bool operator==(const NameSnapshot&) const = default;
};

struct GroupSnapshot {
  std::string name;
  observe::HistogramTotal check_durations = {};
  std::vector<observe::DnsFact> dns = {};
  std::vector<NameSnapshot> names = {};
  std::vector<TargetSnapshot> targets = {};
};

struct DirectorySnapshot {
  std::uint64_t event_number = 0;  // of the last event
  observe::EventCounts event_counts{};
  observe::LatencyBounds latency_bounds = {};  // of the durations of checks
  std::vector<GroupSnapshot> groups = {};
  std::vector<admin::ZoneShift> shifts = {};
  std::vector<State::Drained> missing_drains = {};  // of targets that DNS may give yet
  State absent = {};                                // of groups that may come back
};

}  // namespace weir::server
