// What a new configuration means for a group that is there already.

#include <fmt/format.h>

#include <utility>

#include "lb/server/group_control.h"

namespace weir::server {

using balance::Slot;

namespace {

bool checks_differ(const proxy::GroupSettings& one, const proxy::GroupSettings& other) {
  return one.model.health_check != other.model.health_check || one.model.tls != other.model.tls ||
         !same_connections(one, other);
}

}  // namespace

void GroupControl::set_settings(std::shared_ptr<const proxy::GroupSettings> changed,
                                const GroupContext& context, const Moment& at) {
  const bool before = probed();
  const auto old = std::exchange(settings_, std::move(changed));
  const bool was_in_use = std::exchange(context_, context).in_use;
  const model::TargetGroup& was = old->model;
  shared_->budget.set_percent(settings().retry.budget_percent);
  probes_changed(before, *old, at);
  outlier_detection_changed(was, at);
  if (was.stickiness.has_value() != settings().stickiness.has_value()) stickiness_changed();
  if (was.slow_start != settings().slow_start) advance_ramps(at.now);
  if (was_in_use != context_.in_use) members_ = nullptr;
  changed_ = true;
}

// Verdicts outlive the use of a group, but not the checks that they came from. When checks begin, who has no
// verdict is trusted until the first one, as at the start.
void GroupControl::probes_changed(bool before, const proxy::GroupSettings& old, const Moment& at) {
  if (!before && probed()) expect_verdicts(at);
  if (before && !probed()) {
    for_each([&](Slot slot, TargetRecord& record) {
      effects_.unprobe.push_back(slot);
      if (!settings().health_check) record.health = health::HealthState::trusted(at.wall);
    });
    if (!settings().health_check) unjudged_ = 0;
    settled_ = true;
  } else if (probed() && (!before || checks_differ(old, *settings_))) {
    for_each([&](Slot slot, TargetRecord&) {
      effects_.probe.push_back(slot);
      effects_.repaced.push_back(slot);
    });
  }
}

void GroupControl::expect_verdicts(const Moment& at) {
  for_each([&](Slot, TargetRecord& record) {
    if (record.health.passes() + record.health.failures() != 0) return;
    if (record.health.health() != health::Health::initial) ++unjudged_;
    record.health = health::HealthState(at.wall);
  });
  settled_ = unjudged_ == 0 && size() != 0;
  settle_by_ = at.now + settings().health_check->timeout + kSettleSlack;
}

void GroupControl::outlier_detection_changed(const model::TargetGroup& old, const Moment& at) {
  const auto& now = settings().outlier_detection;
  if (old.outlier_detection == now) return;
  std::vector<Slot> lifted;
  if (!now) {
    for_each([&](Slot slot, TargetRecord&) {
      if (ejected(slot)) lifted.push_back(slot);
    });
    outliers_.reset();
  } else if (outliers_) {
    lifted = outliers_->set_settings(*now);
  } else {
    outliers_.emplace(*now);
    for_each([&](Slot slot, TargetRecord&) { outliers_->add(slot); });
  }
  for (const Slot slot : lifted) ejection_ended(slot, at, "the configuration has changed");
  judge_at_ = base::kNever;
  arm_success_rates(at);
}

void GroupControl::arm_success_rates(const Moment& at) {
  const auto& detection = settings().outlier_detection;
  if (!detection || !detection->success_rate || judge_at_ != base::kNever) return;
  judge_at_ = at.now + detection->success_rate->interval;
}

void GroupControl::stickiness_changed() {
  for_each([&](Slot, TargetRecord& record) {
    const proxy::TargetEntry& entry = *record.entry;
    record.entry = std::make_shared<const proxy::TargetEntry>(
        entry.settings, entry.state, proxy::new_session_count(settings().stickiness.has_value()), entry.zone);
  });
  members_changed();
}

std::vector<model::Target> GroupControl::file_targets() const {
  std::vector<model::Target> targets;
  for_each_record([&](const TargetRecord& record) {
    const bool leaves = record.drain && record.drain->leaves;
    if (record.owner == Owner::file && !leaves) targets.push_back(record.settings());
  });
  return targets;
}

void GroupControl::set_file_targets(std::span<const model::Target> targets, const Moment& at) {
  std::vector<bool> named(records_.size());
  for (const model::Target& target : targets) {
    if (const auto slot = find(target.address)) named[*slot] = true;
  }
  YieldingIds yielding;  // of those that the file does not own (any more)
  for_each([&](Slot slot, TargetRecord& record) {
    if (record.owner == Owner::file && !named[slot]) begin_leaving(slot, at);
    const bool leaves = record.drain && record.drain->leaves;
    if (record.owner != Owner::file || leaves) yielding.emplace(record.settings().id, slot);
  });
  for (const model::Target& target : targets) take_over(target, yielding, at);
  advance_drains(at);
}

// What is known of a target that is there stays, whoever it belonged to.
void GroupControl::take_over(const model::Target& target, const YieldingIds& yielding, const Moment& at) {
  const auto slot = find(target.address);
  if (slot) {
    const TargetRecord& record = *records_[*slot];
    if (record.drain && record.drain->leaves) undrain(*slot, at);
    if (record.owner == Owner::file && record.settings() == target) return;
  }
  // Another one with its id is known by its address from now on.
  const auto namesake = yielding.find(target.id);
  if (namesake != yielding.end() && namesake->second != slot) {
    const TargetRecord& record = *records_[namesake->second];
    model::Target renamed = record.settings();
    if (renamed.id == target.id) {
      renamed.id = renamed.address.to_string();
      change(namesake->second, renamed, record.owner, at);
    }
  }
  if (slot) {
    change(*slot, target, Owner::file, at);
  } else {
    add(target, Owner::file, at);
  }
}

}  // namespace weir::server
