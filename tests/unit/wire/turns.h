#pragma once

#include <chrono>

#include "lb/base/clock.h"

namespace weir::test {

inline constexpr base::Duration kJustAfter =
    std::chrono::milliseconds(20);       // a deadline fires at most a tick late
inline constexpr int kSettleTurns = 64;  // of a loop, after which nothing is left to do

}  // namespace weir::test
