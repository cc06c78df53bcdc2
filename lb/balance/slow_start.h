#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "lb/balance/load.h"
#include "lb/base/clock.h"

// Slow start: a target that joins gets its part of the requests little by little (ALB's slow start: linear).
namespace weir::balance {

inline constexpr double kLowestRamp = 0.1;

// The part of its weight, 0.1 to 1, of a target that joined `elapsed` ago.
inline double ramp(base::Duration elapsed, base::Duration duration) {
  if (elapsed >= duration) return 1;
  return std::max(kLowestRamp, static_cast<double>(elapsed.count()) / static_cast<double>(duration.count()));
}

// Whether a target that becomes usable now starts slowly. Among targets that are all cold none does: there
// would be nobody to take the rest. `warm`: usable targets that are not in slow start themselves.
inline bool ramps(base::Duration duration, std::uint32_t warm) {
  return duration > base::Duration::zero() && warm > 0;
}

// The limit of outstanding requests of a target in slow start.
inline std::uint32_t ramped_limit(std::uint32_t limit, double ramp) {
  if (limit == Load::kUnlimited) return limit;
  return std::max(1U, static_cast<std::uint32_t>(std::ceil(limit * ramp)));
}

}  // namespace weir::balance
