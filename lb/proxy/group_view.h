#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lb/balance/retry_budget.h"
#include "lb/balance/target_set.h"
#include "lb/health/passive_counts.h"
#include "lb/model/target_group.h"
#include "lb/proxy/wait_queue.h"

// What the control thread tells the workers of a target group. Values that are never changed once they are
// told, but for the counts, which every thread may change.
namespace weir::proxy {

// What all threads know of one target, for as long as it is a member of its group: no new configuration, and
// no change of its health, begins it anew.
struct TargetState {
  explicit TargetState(unsigned workers) : passive(workers) {}
  balance::Load load;
  health::PassiveCounts passive;
};

struct TargetEntry {
  TargetEntry(const model::Target& its_settings, std::shared_ptr<TargetState> its_state,
              balance::Zone its_zone);

  model::Target settings;
  std::shared_ptr<TargetState> state;
  balance::Zone zone;
  std::uint64_t identity;  // for consistent_hash
};

// By slot; null: the slot is free.
using Members = std::vector<std::shared_ptr<const TargetEntry>>;

struct GroupView {
  std::shared_ptr<const Members> members;
  std::shared_ptr<const balance::TargetSet> targets;  // its slots are those of `members`
};

// What the workers share of a group.
struct GroupShared {
  GroupShared(unsigned workers, const model::TargetGroup& settings)
      : budget(workers, settings.retry.budget_percent), waiting(workers) {}
  balance::RetryBudget budget;
  WaitingCounts waiting;
};

// How balancing sees a target that is usable.
balance::Member member_of(const TargetEntry& entry);

// A row of failures of a target has become as long as outlier detection allows.
struct FailingTarget {
  std::string group;
  balance::Slot slot = 0;
  std::shared_ptr<TargetState> state;  // another one has the slot if it is another's by now
  health::PassiveKind kind = health::PassiveKind::local;
  std::string last = {};  // the last failure of the row
};

// A group as it is when all of its targets may be trusted: slots in the order of the configuration.
GroupView trusting_view(const model::TargetGroup& group, unsigned workers);

}  // namespace weir::proxy
