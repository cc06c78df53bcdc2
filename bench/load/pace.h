#pragma once

#include <cstdint>

#include "lb/base/clock.h"

namespace weir::bench {

// When the requests of an open loop are due, from the start on: at `from` a second until `ramp_begin`, then
// at a rate that grows (or falls) evenly to `to` within `ramp`, then at `to`. Both rates are over 0.
//
// Times are rounded to ticks of a tenth of a millisecond, and what is due at one tick is due together: a
// generator that woke up for each request of a high rate would be busier with waking up than with requests.
struct Pace {
  double from = 1;
  double to = 1;
  base::Duration ramp_begin{0};
  base::Duration ramp{0};

  // Of the request with this number; the first, number 0, is due at once.
  base::Duration due(std::uint64_t number) const;
  bool operator==(const Pace&) const = default;
};

}  // namespace weir::bench
