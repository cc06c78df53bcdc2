#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
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
  explicit TargetState(unsigned workers) : passive(workers) {}
  balance::Load load;
  health::PassiveCounts passive;
};

struct TargetEntry {
  TargetEntry(const model::Target& its_settings, std::shared_ptr<TargetState> its_state,
              std::shared_ptr<sticky::SessionCount> its_sessions, balance::Zone its_zone);

  model::Target settings;
  std::shared_ptr<TargetState> state;
  std::shared_ptr<sticky::SessionCount> sessions;  // null: the group has no stickiness
  balance::Zone zone;
  std::uint64_t identity;  // for consistent_hash
};

// The members of a group by slot; null: the slot is free.
class Members {
 public:
  using Entries = std::vector<std::shared_ptr<const TargetEntry>>;

  Members() = default;
  // `sticky`: clients are bound to them by their ids.
  Members(Entries entries, bool sticky);

  std::size_t size() const { return entries_.size(); }
  const std::shared_ptr<const TargetEntry>& operator[](std::size_t slot) const { return entries_[slot]; }
  Entries::const_iterator begin() const { return entries_.begin(); }
  Entries::const_iterator end() const { return entries_.end(); }
  // Of a group whose clients are bound to its members.
  std::optional<balance::Slot> find(std::string_view id) const;
  // One of them has max_requests.
  bool limited() const { return limited_; }

 private:
  Entries entries_;
  std::unordered_map<std::string_view, balance::Slot> by_id_;
  bool limited_ = false;
};

// Who is bound to the target of a slot by a cookie: whether it stays.
using Bindings = std::vector<sticky::Fitness>;

struct GroupView {
  std::shared_ptr<const Members> members;
  std::shared_ptr<const balance::TargetSet> targets;  // its slots are those of `members`
  std::shared_ptr<const Bindings> bindings = {};      // by slot; null: the group has no stickiness
};

// Lets something be said by one of many threads, and then not again for a while.
class WarningPace {
 public:
  static constexpr base::Duration kBetween = std::chrono::seconds(10);

  bool due(base::Instant now) {
    base::Instant next = next_.load(std::memory_order_relaxed);
    return now >= next && next_.compare_exchange_strong(next, now + kBetween, std::memory_order_relaxed);
  }

 private:
  std::atomic<base::Instant> next_{base::Instant::min()};
};

// What the workers share of a group.
struct GroupShared {
  GroupShared(unsigned workers, const model::TargetGroup& settings)
      : budget(workers, settings.retry.budget_percent), waiting(workers) {}
  balance::RetryBudget budget;
  WaitingCounts waiting;
  WarningPace tls_warnings;
  WarningPace http2_warnings;
};

// Null unless the group has stickiness.
std::shared_ptr<sticky::SessionCount> new_session_count(bool sticky);

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
