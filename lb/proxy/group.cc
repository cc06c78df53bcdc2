#include "lb/proxy/group.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/proxy/passive.h"

namespace weir::proxy {
namespace {

wire::ClientPolicy policy_of(const model::TargetGroup& group) {
  wire::ClientPolicy policy;
  policy.connect = group.timeouts.connect;
  policy.response = group.timeouts.response;
  policy.idle = group.timeouts.idle;
  policy.max_age = group.keepalive.max_age;
  policy.max_requests = group.keepalive.max_requests;
  return policy;
}

}  // namespace

Group::Group(TargetContext& context, const model::TargetGroup& settings, unsigned worker,
             observe::Registry& registry, base::Random& random, std::shared_ptr<GroupShared> shared,
             const GroupView& view)
    : context_(context),
      settings_(settings),
      policy_(policy_of(settings)),
      worker_(worker),
      registry_(registry),
      counters_(registry.group(worker, settings.name)),
      shared_(std::move(shared)),
      picker_(settings.algorithm, random),
      queue_(context.wire.loop.timers(), settings.queue, shared_->waiting, worker, *counters_) {
  if (settings_.stickiness) stickiness_.emplace(*settings_.stickiness, settings_.name);
  update(view);
}

Group::~Group() = default;

// --- membership

void Group::update(const GroupView& view) {
  if (view.members != members_) set_members(view.members);
  bindings_ = view.bindings;
  picker_.adopt(view.targets);
  if (!has_targets()) return queue_.dissolve();
  serve_waiting();
}

void Group::set_members(const std::shared_ptr<const Members>& view) {
  const Members& members = *view;
  by_id_.clear();
  for (balance::Slot slot = 0; slot < std::max(members.size(), targets_.size()); ++slot) {
    const auto entry = slot < members.size() ? members[slot] : nullptr;
    place(slot, entry);
    if (stickiness_ && entry) by_id_.emplace(entry->settings.id, slot);
  }
  members_ = view;
  limited_ = std::ranges::any_of(members, [](const std::shared_ptr<const TargetEntry>& entry) {
    return entry && entry->settings.max_requests;
  });
}

void Group::place(balance::Slot slot, const std::shared_ptr<const TargetEntry>& entry) {
  if (slot >= targets_.size()) targets_.resize(slot + 1);
  Target* const present = targets_[slot].get();
  if (present != nullptr) {
    if (entry && entry->state == present->entry().state) return present->set_entry(entry);
    retire(slot);
  }
  if (!entry) return;
  targets_[slot] = std::make_unique<Target>(
      context_, *this, slot, entry,
      registry_.target(worker_, {settings_.name, entry->settings.zone, entry->settings.id}));
}

void Group::retire(balance::Slot slot) {
  Target& target = *leaving_.emplace_back(std::move(targets_[slot]));
  target.enter();
  target.close_idle();
  target.leave();
}

// A target that nobody uses any more, if it is no member, goes.
void Group::on_left(Target& target) {
  if (!target.unused() || is_member(target)) return;
  const auto at = std::ranges::find(leaving_, &target, &std::unique_ptr<Target>::get);
  if (at == leaving_.end()) return;
  context_.wire.loop.reap(std::move(*at));
  leaving_.erase(at);
}

bool Group::is_member(const Target& target) const { return targets_[target.slot()].get() == &target; }

std::size_t Group::max_idle(const Target& target) const {
  return is_member(target) ? settings_.keepalive.max_idle : 0;
}

void Group::cut(balance::Slot slot) {
  if (slot < targets_.size() && targets_[slot]) targets_[slot]->cut();
  for (std::size_t i = leaving_.size(); i > 0; --i) {
    if (leaving_[i - 1]->slot() == slot) leaving_[i - 1]->cut();
  }
}

void Group::close_idle() {
  for (const auto& target : targets_) {
    if (target) target->close_idle();
  }
}

// --- picking

Target* Group::take_first(const balance::PickRequest& request) {
  return limited_ && shared_->waiting.any() ? nullptr : take(request);
}

Target* Group::take(const balance::PickRequest& request) {
  // Another worker may be faster between the pick and the taking; then the target is full and not picked
  // again.
  while (const auto slot = picker_.pick(request)) {
    Target& target = *targets_[*slot];
    if (take_again(target)) return &target;
  }
  return nullptr;
}

Target* Group::take_named(std::string_view id, sticky::Fitness& fitness) {
  const auto found = by_id_.find(id);
  fitness = found == by_id_.end() ? sticky::Fitness::gone
            : bindings_           ? bindings_->at(found->second)
                                  : sticky::Fitness::usable;
  if (!sticky::is_fit(fitness)) return nullptr;
  Target& target = *targets_[found->second];
  if (take_again(target)) return &target;
  fitness = sticky::Fitness::full;
  return nullptr;
}

bool Group::take_again(Target& target) {
  if (!target.entry().state->load.take()) return false;
  target.counters().outstanding.add();
  if (is_member(target)) picker_.load_changed(target.slot());
  return true;
}

void Group::ended(Target& target) {
  target.counters().outstanding.subtract();
  target.entry().state->load.give_back();
  if (is_member(target)) picker_.load_changed(target.slot());
  if (limited_) wake_waiting();
}

// --- waiting

// Joins the queue first and looks once more then: a slot that was freed in between woke nobody.
bool Group::wait(Waiter& waiter) {
  if (!queue_.join(waiter, context_.wire.loop.now())) return false;
  wake_waiting();
  return true;
}

void Group::wake_waiting() {
  if (!shared_->waiting.any()) return;
  const auto worker = shared_->waiting.longest();
  if (!worker) return;
  context_.wake(*worker, settings_.name);
}

void Group::serve_waiting() {
  while (Waiter* const waiter = queue_.first()) {
    Target* const target = take(waiter->next_pick());
    if (target == nullptr) return;
    queue_.leave(*waiter, context_.wire.loop.now());
    waiter->on_target_free(*target);
  }
  // Woken for somebody who has gone meanwhile: the next one's turn.
  if (limited_) wake_waiting();
}

// --- what attempts say about their targets

void Group::took(Target& target, base::Duration response) {
  if (settings_.algorithm != model::Algorithm::peak_ewma) return;
  target.entry().state->load.latency.add(response, context_.wire.loop.now());
}

void Group::answered(Target& target, unsigned status, std::uint32_t generation) {
  if (!settings_.outlier_detection) return;
  constexpr auto kKind = health::PassiveKind::answered;
  if (!is_failing_status(status)) {
    target.entry().state->passive.success(worker_, generation);
  } else if (count_failure(target, kKind, generation)) {
    context_.on_failing(
        {settings_.name, target.slot(), target.entry().state, kKind, fmt::format("status {}", status)});
  }
}

void Group::failed(Target& target, wire::Reason reason, std::uint32_t generation) {
  if (!settings_.outlier_detection) return;
  const auto kind = passive_kind(reason);
  if (!kind || !count_failure(target, *kind, generation)) return;
  context_.on_failing(
      {settings_.name, target.slot(), target.entry().state, *kind, std::string(wire::traits(reason).word)});
}

bool Group::count_failure(Target& target, health::PassiveKind kind, std::uint32_t generation) {
  const std::uint32_t threshold = settings_.outlier_detection->consecutive_failures;
  return target.entry().state->passive.failure(worker_, kind, threshold, generation);
}

}  // namespace weir::proxy
