#include "lb/proxy/group.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lb/base/log.h"
#include "lb/base/text.h"
#include "lb/proxy/passive.h"

namespace weir::proxy {
Group::Group(TargetContext& context, std::shared_ptr<const GroupSettings> its_settings, unsigned worker,
             observe::Registry& registry, base::Random& random, std::shared_ptr<GroupShared> shared,
             const GroupView& view)
    : context_(context),
      name_(its_settings->model.name),
      no_target_(name_),
      settings_(std::move(its_settings)),
      policy_(settings_->policy),
      http2_policy_(settings_->http2),
      worker_(worker),
      registry_(registry),
      counters_(registry.group(worker, name_)),
      shared_(std::move(shared)),
      random_(random),
      picker_(std::in_place, settings().algorithm, random_),
      queue_(context.wire.loop.timers(), settings().queue, shared_->waiting, worker, *counters_) {
  update(view);
}

Group::~Group() = default;

// --- membership

void Group::update(std::shared_ptr<const GroupSettings> changed, const GroupView& view) {
  const bool other_algorithm = changed->model.algorithm != settings().algorithm;
  const bool other_connections = !same_connections(*changed, *settings_);
  settings_ = std::move(changed);
  if (other_connections) {
    ++epoch_;
    close_idle();
  }
  policy_ = settings_->policy;
  http2_policy_ = settings_->http2;
  queue_.set(settings().queue);
  if (other_algorithm) picker_.emplace(settings().algorithm, random_);
  update(view);
}

void Group::update(const GroupView& view) {
  if (view.members != members_) set_members(view.members);
  bindings_ = view.bindings;
  picker_->adopt(view.targets);
  if (!has_targets()) return queue_.dissolve();
  serve_waiting();
}

void Group::set_members(const std::shared_ptr<const Members>& view) {
  const Members& members = *view;
  for (balance::Slot slot = 0; slot < std::max(members.size(), targets_.size()); ++slot) {
    place(slot, slot < members.size() ? members[slot] : nullptr);
  }
  context_.dispose(std::exchange(members_, view));
  limited_ = members.limited();
}

void Group::retire() {
  retired_ = true;
  update(GroupView{.members = std::make_shared<const Members>(),
                   .targets = std::make_shared<const balance::TargetSet>()});
  if (leaving_.empty()) context_.on_group_left(*this);
}

void Group::place(balance::Slot slot, const std::shared_ptr<const TargetEntry>& entry) {
  if (slot >= targets_.size()) targets_.resize(slot + 1);
  Target* const present = targets_[slot].get();
  if (present != nullptr) {
    if (entry == present->shared_entry()) return;
    if (entry && present->counts_as(*entry)) return present->set_entry(entry);
    retire(slot);
  }
  if (!entry) return;
  targets_[slot] =
      std::make_unique<Target>(context_, *this, slot, entry,
                               registry_.target(worker_, {name_, entry->settings.zone, entry->settings.id}));
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
  if (retired_ && leaving_.empty()) context_.on_group_left(*this);
}

bool Group::is_member(const Target& target) const { return targets_[target.slot()].get() == &target; }

std::size_t Group::max_idle(const Target& target) const {
  return is_member(target) ? settings().keepalive.max_idle : 0;
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
  while (const auto slot = picker_->pick(request)) {
    Target& target = *targets_[*slot];
    if (take_again(target)) return &target;
  }
  return nullptr;
}

Target* Group::take_named(std::string_view id, sticky::Fitness& fitness) {
  fitness = sticky::Fitness::gone;
  const std::optional<balance::Slot> slot = members_->find(id);
  if (!slot) return nullptr;
  fitness = bindings_ ? bindings_->at(*slot) : sticky::Fitness::usable;
  if (!sticky::is_fit(fitness)) return nullptr;
  Target& target = *targets_[*slot];
  if (take_again(target)) return &target;
  fitness = sticky::Fitness::full;
  return nullptr;
}

bool Group::take_again(Target& target) {
  if (!target.entry().state->load.take()) return false;
  target.counters().outstanding.add();
  load_changed(target);
  return true;
}

void Group::ended(Target& target) {
  target.counters().outstanding.subtract();
  target.entry().state->load.give_back();
  load_changed(target);
  if (limited_) wake_waiting();
}

// One that has left because it has another name now counts for the one in its place: the load is the same.
void Group::load_changed(const Target& target) {
  const Target* const member = targets_[target.slot()].get();
  if (member == &target || (member != nullptr && member->entry().state == target.entry().state)) {
    picker_->load_changed(target.slot());
  }
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
  context_.wake(*worker, name_);
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
  if (settings().algorithm != model::Algorithm::peak_ewma) return;
  target.entry().state->load.latency.add(response, context_.wire.loop.now());
}

void Group::answered(Target& target, unsigned status, std::uint32_t generation) {
  if (!settings().outlier_detection) return;
  constexpr auto kKind = health::PassiveKind::answered;
  if (!is_failing_status(status)) {
    target.entry().state->passive.success(worker_, generation);
  } else if (count_failure(target, kKind, generation)) {
    context_.on_failing(
        {name_, target.slot(), target.entry().state, kKind, fmt::format("status {}", status)});
  }
}

void Group::failed(Target& target, wire::Reason reason, std::uint32_t generation) {
  if (!settings().outlier_detection || is_clients_fault(reason)) return;
  const auto kind = passive_kind(reason);
  if (!kind || !count_failure(target, *kind, generation)) return;
  context_.on_failing(
      {name_, target.slot(), target.entry().state, *kind, std::string(wire::traits(reason).word)});
}

// A client that names a host which no target has a certificate for must not have them ejected.
bool Group::is_clients_fault(wire::Reason reason) const {
  const bool of_tls = reason == wire::Reason::target_tls || reason == wire::Reason::target_certificate;
  return of_tls && settings().preserve_host && settings().tls && !settings().tls->server_name;
}

void Group::warn_of_tls(const Target& target, std::string_view server_name, const net::TlsStream& tls) {
  if (!shared_->tls_warnings.due(context_.wire.loop.now())) return;
  const std::string_view detail = tls.failure_detail();
  base::log::warn("target group {}: TLS with target {} as '{}' failed ({}){}{}", name_, target.address_text(),
                  base::escape(server_name), net::word(tls.failure()), detail.empty() ? "" : ": ", detail);
}

void Group::warn_of_http2_fault(const Target& target, std::string_view fault) {
  if (!shared_->http2_warnings.due(context_.wire.loop.now())) return;
  const std::string_view what = fault == wire::kHttp1Answer ? "it answers with HTTP/1" : fault;
  base::log::warn("target group {}: the HTTP/2 connection to target {} was given up: {}", name_,
                  target.address_text(), what);
}

void Group::warn_of_no_http2(const Target& target) {
  if (!shared_->tls_warnings.due(context_.wire.loop.now())) return;
  base::log::warn("target group {}: target {} does not offer HTTP/2 (ALPN h2)", name_, target.address_text());
}

bool Group::count_failure(Target& target, health::PassiveKind kind, std::uint32_t generation) {
  const std::uint32_t threshold = settings().outlier_detection->consecutive_failures;
  return target.entry().state->passive.failure(worker_, kind, threshold, generation);
}

}  // namespace weir::proxy
