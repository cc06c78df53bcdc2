#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lb/balance/retry_budget.h"
#include "lb/balance/target_set.h"
#include "lb/health/passive_counts.h"
#include "lb/model/target_group.h"
#include "lb/proxy/wait_queue.h"
#include "lb/sticky/decision.h"
#include "lb/sticky/session_count.h"

// What the control thread tells the workers of a target group. Values that are never changed once they are
// told, but for the counts, which every thread may change.
namespace weir::proxy {

// What all threads know of one target, for as long as it is a member of its group: no new configuration, and
// no change of its health, begins it anew.
struct TargetState {
  explicit TargetState(unsigned workers, bool sticky = false)
      : passive(workers), sessions(sticky ? std::make_unique<sticky::SessionCount>() : nullptr) {}
  balance::Load load;
  health::PassiveCounts passive;
  std::unique_ptr<sticky::SessionCount> sessions;  // null: the group has no stickiness
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

// Who is bound to the target of a slot by a cookie: whether it stays.
using Bindings = std::vector<sticky::Fitness>;

struct GroupView {
  std::shared_ptr<const Members> members;
  std::shared_ptr<const balance::TargetSet> targets;  // its slots are those of `members`
  std::shared_ptr<const Bindings> bindings = {};      // by slot; null: the group has no stickiness
};

// What the workers share of a group.
struct GroupShared {
  GroupShared(unsigned workers, const model::TargetGroup& settings)
      : budget(workers, settings.retry.budget_percent), waiting(workers) {}
  balance::RetryBudget budget;
  WaitingCounts waiting;
};

// With a state of its own, which begins with the load of the other one: whoever counts there changes nothing.
std::shared_ptr<const TargetEntry> copy_of(const TargetEntry& entry);

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
