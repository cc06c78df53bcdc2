#include "lb/health/health_state.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::health {

std::string_view word(Health health) {
  static constexpr std::array<std::string_view, 3> kWords = {"initial", "healthy", "unhealthy"};
  return kWords[static_cast<std::size_t>(health)];
}

HealthState HealthState::trusted(base::WallTime since) {
  HealthState state(since);
  state.health_ = Health::healthy;
  state.reason_ = ReasonCode::check_disabled;
  return state;
}

HealthState::HealthState(const Snapshot& snapshot)
    : health_(snapshot.health),
      reason_(snapshot.reason),
      passes_in_row_(snapshot.passes_in_row),
      failures_in_row_(snapshot.failures_in_row),
      since_(snapshot.since),
      passes_(snapshot.passes),
      failures_(snapshot.failures) {
  if (snapshot.failed) history_.add(*snapshot.failed);
}

HealthState::Snapshot HealthState::snapshot() const {
  Snapshot snapshot{.health = health_,
                    .reason = reason_,
                    .passes_in_row = passes_in_row_,
                    .failures_in_row = failures_in_row_,
                    .since = since_,
                    .passes = passes_,
                    .failures = failures_};
  for (std::size_t i = history_.size(); i > 0 && !snapshot.failed; --i) {
    if (ProbeResult result = history_[i - 1]; !result.passed()) snapshot.failed = std::move(result);
  }
  return snapshot;
}

bool HealthState::record(const ProbeResult& result, const model::HealthCheck& check) {
  history_.add(result);
  if (result.passed()) {
    ++passes_;
    ++passes_in_row_;
    failures_in_row_ = 0;
  } else {
    ++failures_;
    ++failures_in_row_;
    passes_in_row_ = 0;
  }
  const Health before = health_;
  health_ = verdict(check);
  if (health_ != before) since_ = result.at + result.took;
  switch (health_) {
    case Health::initial: reason_ = ReasonCode::initial_checking; break;
    case Health::healthy: reason_ = ReasonCode::none; break;
    case Health::unhealthy:
      if (!result.passed()) reason_ = result.reason;
      break;
  }
  return health_ != before;
}

Health HealthState::verdict(const model::HealthCheck& check) const {
  // One pass is conclusive for a target that was never seen to fail for good.
  const std::uint32_t passes_needed =
      health_ == Health::initial ? 1 : std::max<std::uint32_t>(1, check.healthy_threshold);
  if (passes_in_row_ >= passes_needed) return Health::healthy;
  if (failures_in_row_ >= std::max<std::uint32_t>(1, check.unhealthy_threshold)) return Health::unhealthy;
  return health_;
}

bool HealthState::changing() const {
  switch (health_) {
    case Health::healthy: return failures_in_row_ > 0;
    case Health::unhealthy: return passes_in_row_ > 0;
    case Health::initial: break;
  }
  return true;
}

}  // namespace weir::health
