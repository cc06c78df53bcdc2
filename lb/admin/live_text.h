#pragma once

#include <string>
#include <vector>

#include "lb/admin/state.h"

namespace weir::admin {

struct LiveMoment {
  base::Instant now;
  base::WallTime wall;
};

// What the control thread alone can tell: a copy.
struct LiveFacts {
  LiveMoment at;
  observe::BuildInfo build;
  pid_t pid = 0;
  unsigned workers = 0;
  base::WallTime started;
  std::string config_file;
  std::string config_hash;
  base::WallTime config_loaded;
  bool last_reload_succeeded = true;
  std::vector<BoundListener> listeners;
  std::vector<ServedCertificate> certificates;  // of each listener the one that expires first
  std::vector<GroupStatus> groups;
  std::vector<ZoneShift> shifts;
  std::shared_ptr<const model::Snapshot> snapshot;
  const observe::Registry* registry = nullptr;  // any thread may ask it
};

// Needs operations.
LiveFacts live_facts(const State& state, const LiveMoment& at);

// The document of /api/v1/live, on one line: the state of the daemon and all that it has counted, for a
// reader that takes the difference of two of them. Targets are rows, whose members `target_columns` names,
// and a histogram is the counts of the buckets that `bounds_seconds` ends, without the zeros at its end: five
// thousand targets make a document every second. On any thread.
std::string live_text(const LiveFacts& facts);

}  // namespace weir::admin
