#include "lb/proxy/group_view.h"

#include "lb/proxy/hash_key.h"

namespace weir::proxy {

TargetEntry::TargetEntry(const model::Target& its_settings, std::shared_ptr<TargetState> its_state,
                         balance::Zone its_zone)
    : settings(its_settings),
      state(std::move(its_state)),
      zone(its_zone),
      identity(identity_of(its_settings.address)) {}

std::shared_ptr<const TargetEntry> copy_of(const TargetEntry& entry) {
  auto state = std::make_shared<TargetState>(1, entry.state->sessions != nullptr);
  const balance::Load& load = entry.state->load;
  state->load.outstanding.store(load.outstanding.load(std::memory_order_relaxed), std::memory_order_relaxed);
  state->load.limit.store(load.limit.load(std::memory_order_relaxed), std::memory_order_relaxed);
  state->load.latency.copy(load.latency);
  return std::make_shared<const TargetEntry>(entry.settings, std::move(state), entry.zone);
}

balance::Member member_of(const TargetEntry& entry) {
  return {.load = &entry.state->load,
          .identity = entry.identity,
          .weight = entry.settings.weight,
          .zone = entry.zone};
}

GroupView trusting_view(const model::TargetGroup& group, unsigned workers) {
  auto members = std::make_shared<Members>();
  std::vector<balance::Member> balanced;
  for (const model::Target& target : group.targets) {
    const auto entry = std::make_shared<const TargetEntry>(
        target, std::make_shared<TargetState>(workers, group.stickiness.has_value()), balance::kNoZone);
    if (target.max_requests) entry->state->load.limit.store(*target.max_requests, std::memory_order_relaxed);
    members->push_back(entry);
    balanced.push_back(member_of(*entry));
  }
  const balance::SetSettings settings{.algorithm = group.algorithm, .fail_open = group.fail_open};
  return {members, balance::build_target_set(balanced, settings, nullptr)};
}

}  // namespace weir::proxy
