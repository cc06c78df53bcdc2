#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/health/probe_history.h"
#include "lb/health/probe_result.h"
#include "lb/model/health_check.h"

namespace weir::health {

enum class Health : std::uint8_t { initial, healthy, unhealthy };
std::string_view word(Health health);

// One target's verdict from its probes:
//
//              a pass                        unhealthy_threshold failures
//   initial ------------> healthy ---------------------------------------> unhealthy
//      |                     ^                                                |  ^
//      |                     +------------------------------------------------+  |
//      |                                healthy_threshold passes                 |
//      +-------------------------------------------------------------------------+
//                              unhealthy_threshold failures
//
// Results count only in a row: passes and failures that alternate change nothing. A value; belongs to the
// control thread.
class HealthState {
 public:
  // Checks are off: healthy, for check_disabled. If checks begin after all, it stays healthy until they say
  // otherwise.
  static HealthState trusted(base::WallTime since = {});
  // A target that nobody has probed yet.
  explicit HealthState(base::WallTime since) : since_(since) {}

  // Takes the result of a probe. True: health() changed.
  bool record(const ProbeResult& result, const model::HealthCheck& check);

  Health health() const { return health_; }
  // Why it is not healthy: of an unhealthy target, what its last failed probe found.
  ReasonCode reason() const { return reason_; }
  base::WallTime since() const { return since_; }  // of health()
  // The last results disagree with the verdict, or there is none: fast_interval applies.
  bool changing() const;

  // What another process needs to know of it to go on; of the results the last failed one alone, if any is
  // kept.
  struct Snapshot {
    Health health = Health::initial;
    ReasonCode reason = ReasonCode::registration_in_progress;
    std::uint32_t passes_in_row = 0;
    std::uint32_t failures_in_row = 0;
    base::WallTime since{};
    std::uint64_t passes = 0;
    std::uint64_t failures = 0;
    std::optional<ProbeResult> failed = {};
    bool operator==(const Snapshot&) const = default;
  };
  Snapshot snapshot() const;
  explicit HealthState(const Snapshot& snapshot);

  const ProbeHistory& history() const { return history_; }
  std::uint64_t passes() const { return passes_; }
  std::uint64_t failures() const { return failures_; }

 private:
  Health verdict(const model::HealthCheck& check) const;

  Health health_ = Health::initial;
  ReasonCode reason_ = ReasonCode::registration_in_progress;
  std::uint32_t passes_in_row_ = 0;
  std::uint32_t failures_in_row_ = 0;
  base::WallTime since_;
  std::uint64_t passes_ = 0;
  std::uint64_t failures_ = 0;
  ProbeHistory history_;
};

}  // namespace weir::health
