#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/base/clock.h"
#include "lb/model/health_check.h"

namespace weir::health {

enum class EjectionReason : std::uint8_t { consecutive_local, consecutive_answered, success_rate };
std::string_view word(EjectionReason reason);

struct Ejection {
  EjectionReason reason = EjectionReason::consecutive_local;
  base::Instant since;
  base::Instant until;
  std::uint32_t count = 0;  // what base_ejection was multiplied with
  bool operator==(const Ejection&) const = default;
};

// Which targets of one group are ejected for what their traffic looked like, and for how long. Pure; belongs
// to the control thread. Targets are slot numbers, small since they index a vector.
//
// An ejection lasts base_ejection times its count, at most max_ejection (or base_ejection, if that is
// longer). The count goes up by one with each ejection, and down by one, to 0 at the least, for each whole
// base_ejection that the target has been in service between two. At no time are more than max_ejected_percent
// of all targets ejected: what would exceed it is not ejected, and when the group shrinks, those with the
// least time left are lifted.
class OutlierDetector {
 public:
  using Slot = std::uint32_t;

  explicit OutlierDetector(model::OutlierDetection settings) : settings_(std::move(settings)) {}

  void add(Slot slot);
  // The three that lift an ejection because of something else return the slots concerned.
  std::vector<Slot> remove(Slot slot);
  std::vector<Slot> set_settings(const model::OutlierDetection& settings);
  std::vector<Slot> release(base::Instant now);  // those whose time is over

  std::size_t targets() const { return targets_; }
  std::size_t ejected() const { return releases_.size(); }
  bool is_ejected(Slot slot) const { return known(slot) && states_[slot].ejected; }
  std::optional<Ejection> ejection(Slot slot) const;
  base::Instant next_release() const { return releases_.empty() ? base::kNever : releases_.begin()->first; }

  // False: no such target, already ejected, or max_ejected_percent would be exceeded.
  bool eject(Slot slot, EjectionReason reason, base::Instant now);
  // An active check has passed. True: that lifts the ejection, which it does for local failures only. Its
  // count stays.
  bool on_check_passed(Slot slot, base::Instant now);

  // What another process needs to know of a target to go on.
  struct Snapshot {
    bool ejected = false;
    Ejection last;                   // or present; a count of 0: there was none
    base::Instant in_service_since;  // since the last ejection's end
    bool operator==(const Snapshot&) const = default;
  };
  // Absent: it was never ejected.
  std::optional<Snapshot> snapshot(Slot slot) const;
  // Of a target that is known. False: max_ejected_percent lets it not be ejected; its count comes over all
  // the same.
  bool restore(Slot slot, const Snapshot& snapshot);

  // The traffic of one target in the last interval.
  struct Sample {
    Slot slot = 0;
    std::uint64_t requests = 0;
    std::uint64_t successes = 0;
  };
  // Ejects those whose share of successes is below mean - factor x standard deviation, the worst first, and
  // returns them. Only targets in service with min_requests or more are looked at, and only if there are
  // min_targets of them.
  std::vector<Slot> judge_success_rates(std::span<const Sample> samples, base::Instant now);

 private:
  struct State {
    bool registered = false;
    bool ejected = false;
    Ejection last;                   // or present
    base::Instant in_service_since;  // since the last ejection's end
  };

  bool known(Slot slot) const { return slot < states_.size() && states_[slot].registered; }
  bool allowed(std::size_t ejected) const {
    return ejected * 100 <= targets_ * settings_.max_ejected_percent;
  }
  std::uint32_t next_count(const State& state, base::Instant now) const;
  base::Duration duration(std::uint32_t count) const;
  void lift(Slot slot, base::Instant now);
  std::vector<Slot> lift_excess();

  model::OutlierDetection settings_;
  std::vector<State> states_;
  std::size_t targets_ = 0;
  std::set<std::pair<base::Instant, Slot>> releases_;  // of those ejected, by time
};

}  // namespace weir::health
