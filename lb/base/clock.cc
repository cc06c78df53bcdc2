#include "lb/base/clock.h"

namespace weir::base {

Instant SystemClock::now() const { return std::chrono::steady_clock::now(); }

WallTime SystemClock::wall() const { return std::chrono::system_clock::now(); }

}  // namespace weir::base
