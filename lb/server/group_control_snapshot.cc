// How a group goes on in another process.

#include <algorithm>

#include "lb/observe/registry.h"
#include "lb/observe/totals_sum.h"
#include "lb/server/group_control.h"
#include "lb/server/group_snapshot.h"

namespace weir::server {

using balance::Slot;

GroupSnapshot GroupControl::snapshot() const {
  GroupSnapshot snapshot{.name = settings().name, .check_durations = check_durations()};
  for (Slot slot = 0; slot < records_.size(); ++slot) {
    if (!records_[slot]) continue;
    const TargetRecord& record = *records_[slot];
    TargetSnapshot& target = snapshot.targets.emplace_back();
    target.target = record.settings();
    target.owner = record.owner;
    if (probed()) target.health = record.health.snapshot();
    if (outliers_) target.outlier = outliers_->snapshot(slot);
    target.drain = record.drain;
    target.ramp_since = record.ramp_since;
    target.ejections = record.ejections;
    target.ejected_at = record.ejected_at;
  }
  return snapshot;
}

observe::HistogramTotal GroupControl::check_durations() const {
  observe::HistogramTotal total = observe::Registry::total(check_durations_);
  observe::add(total, past_check_durations_);
  return total;
}

void GroupControl::set_past_check_durations(const observe::HistogramTotal& past,
                                            const observe::LatencyBounds& bounds) {
  past_check_durations_ = {observe::rebucketed(past.buckets, bounds, context_.latency->bounds()), past.sum};
}

bool GroupControl::restore(const TargetSnapshot& known, const Moment& at) {
  auto slot = find(known.target.address);
  const bool leaves = known.drain && known.drain->leaves;
  const bool added = !slot;
  if (!slot) {
    if (known.owner != Owner::api && !leaves) return false;
    if (find(known.target.id)) return false;
    slot = add(known.target, known.owner, at);
  }
  TargetRecord& record = *records_[*slot];
  if (probed() && known.health) {
    if (record.health.health() == health::Health::initial) --unjudged_;
    record.health = health::HealthState(*known.health);
    if (record.health.health() == health::Health::initial) ++unjudged_;
    effects_.repaced.push_back(*slot);
  }
  if (outliers_ && known.outlier) outliers_->restore(*slot, *known.outlier);
  record.ejections = known.ejections;
  record.ejected_at = known.ejected_at;
  // One that was leaving, and is a member of this configuration again, stays.
  record.drain = leaves && !added && record.owner != Owner::api ? std::nullopt : known.drain;
  if (record.drain) drains_at_ = std::min(drains_at_, at.now);
  record.ramp_since = settings().slow_start.count() == 0 ? base::kNever : known.ramp_since;
  if (record.ramp_since != base::kNever) ramp_at_ = std::min(ramp_at_, at.now);
  set_limit(record, at.now);
  changed_ = true;
  settle_if_due(at.now);
  return true;
}

bool GroupControl::looked_at(base::Instant now, bool more_to_come) const {
  if (!probed() || now >= settle_by_) return true;
  if (by_address_.empty()) return !more_to_come;
  return std::ranges::all_of(records_, [](const auto& record) { return !record || record->seen; });
}

}  // namespace weir::server
