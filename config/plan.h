#pragma once

#include <string>
#include <vector>

#include "lb/model/snapshot.h"

// What changes from one configuration to another, in the operator's words. Pure.
namespace weir::config {

struct Change {
  enum class Kind { added, removed, changed };
  std::string subject;  // "process", "log", "listener public", "target group app"
  Kind kind = Kind::changed;
  std::string text;            // "10.0.3.10:8080 (az-3)", "rule 'api' now forwards to api-v2"; safe to print
  bool needs_restart = false;  // a reload leaves it as it is
  bool operator==(const Change&) const = default;
};

// In the order of the file; within a list, what is left out comes last.
struct Plan {
  std::vector<Change> changes;
  bool empty() const { return changes.empty(); }
  bool needs_restart() const;
  bool operator==(const Plan&) const = default;
};

// Empty exactly if the two are equal. Costs O(n log n) in what the differing listeners and target groups
// have.
Plan plan(const model::Snapshot& before, const model::Snapshot& after);

// What counts once a reload has gone from `running` to `next`: `next`, but for the settings that only a
// restart changes.
model::Snapshot in_force(const model::Snapshot& running, model::Snapshot next);

// With nothing in the place of what answers have from files: for a comparison with a configuration whose
// files cannot be read here.
model::Snapshot without_file_bodies(model::Snapshot snapshot);

}  // namespace weir::config
