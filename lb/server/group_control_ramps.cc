// Slow start: what weight and which limit a target has that has just become usable beside warm ones.

#include <algorithm>

#include "lb/balance/slow_start.h"
#include "lb/server/group_control.h"

namespace weir::server {

using balance::Slot;

namespace {

constexpr base::Duration kRampStep = std::chrono::milliseconds(100);
constexpr int kRampSteps = 100;

}  // namespace

double GroupControl::ramp(const TargetRecord& record, base::Instant now) const {
  if (record.ramp_since == base::kNever) return 1;
  return balance::ramp(now - record.ramp_since, settings().slow_start);
}

void GroupControl::begin_ramp(Slot slot, base::Instant now) {
  TargetRecord& record = *records_[slot];
  record.ramp_since = base::kNever;
  set_limit(record, now);
  if (!settled_ || standing_of(record, ejected(slot), settled_) != balance::Standing::usable) return;
  if (!balance::ramps(settings().slow_start, has_warm_target(slot, now) ? 1 : 0)) return;
  record.ramp_since = now;
  set_limit(record, now);
  ramp_at_ = std::min(ramp_at_, now + kRampStep);
}

bool GroupControl::has_warm_target(Slot but, base::Instant now) const {
  for (Slot slot = 0; slot < records_.size(); ++slot) {
    if (slot == but || !records_[slot] || records_[slot]->settings().weight == 0) continue;
    const TargetRecord& record = *records_[slot];
    if (standing_of(record, ejected(slot), settled_) == balance::Standing::usable && ramp(record, now) >= 1) {
      return true;
    }
  }
  return false;
}

void GroupControl::advance_ramps(base::Instant now) {
  ramp_at_ = base::kNever;
  const base::Duration step = std::max(kRampStep, base::Duration(settings().slow_start) / kRampSteps);
  for_each([&](Slot, TargetRecord& record) {
    if (record.ramp_since == base::kNever) return;
    set_limit(record, now);
    if (ramp(record, now) >= 1) {
      record.ramp_since = base::kNever;
    } else {
      ramp_at_ = now + step;
    }
    changed_ = true;
  });
}

void GroupControl::set_limit(const TargetRecord& record, base::Instant now) const {
  const std::uint32_t limit = record.settings().max_requests.value_or(balance::Load::kUnlimited);
  record.entry->state->load.limit.store(balance::ramped_limit(limit, ramp(record, now)),
                                        std::memory_order_relaxed);
}

}  // namespace weir::server
