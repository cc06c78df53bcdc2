#include "lb/proxy/group_view.h"

#include "lb/proxy/hash_key.h"

namespace weir::proxy {

TargetEntry::TargetEntry(const model::Target& its_settings, std::shared_ptr<TargetState> its_state,
                         std::shared_ptr<sticky::SessionCount> its_sessions, balance::Zone its_zone)
    : settings(its_settings),
      state(std::move(its_state)),
      sessions(std::move(its_sessions)),
      zone(its_zone),
      identity(identity_of(its_settings.address)) {}

Members::Members(Entries entries, bool sticky) : entries_(std::move(entries)) {
  if (sticky) by_id_.reserve(entries_.size());
  for (balance::Slot slot = 0; slot < entries_.size(); ++slot) {
    if (!entries_[slot]) continue;
    if (sticky) by_id_.emplace(entries_[slot]->settings.id, slot);
    limited_ = limited_ || entries_[slot]->settings.max_requests;
  }
}

std::optional<balance::Slot> Members::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? std::nullopt : std::optional(found->second);
}

std::shared_ptr<sticky::SessionCount> new_session_count(bool sticky) {
  return sticky ? std::make_shared<sticky::SessionCount>() : nullptr;
}

std::shared_ptr<const TargetEntry> copy_of(const TargetEntry& entry) {
  auto state = std::make_shared<TargetState>(1);
  const balance::Load& load = entry.state->load;
  state->load.outstanding.store(load.outstanding.load(std::memory_order_relaxed), std::memory_order_relaxed);
  state->load.limit.store(load.limit.load(std::memory_order_relaxed), std::memory_order_relaxed);
  state->load.latency.copy(load.latency);
  return std::make_shared<const TargetEntry>(entry.settings, std::move(state),
                                             new_session_count(entry.sessions != nullptr), entry.zone);
}

balance::Member member_of(const TargetEntry& entry) {
  return {.load = &entry.state->load,
          .identity = entry.identity,
          .weight = entry.settings.weight,
          .zone = entry.zone};
}

GroupView trusting_view(const model::TargetGroup& group, unsigned workers) {
  Members::Entries members;
  std::vector<balance::Member> balanced;
  for (const model::Target& target : group.targets) {
    const auto entry = std::make_shared<const TargetEntry>(target, std::make_shared<TargetState>(workers),
                                                           new_session_count(group.stickiness.has_value()),
                                                           balance::kNoZone);
    if (target.max_requests) entry->state->load.limit.store(*target.max_requests, std::memory_order_relaxed);
    members.push_back(entry);
    balanced.push_back(member_of(*entry));
  }
  const balance::SetSettings settings{.algorithm = group.algorithm, .fail_open = group.fail_open};
  return {.members = std::make_shared<const Members>(std::move(members), group.stickiness.has_value()),
          .targets = balance::build_target_set(balanced, settings, nullptr)};
}

}  // namespace weir::proxy
