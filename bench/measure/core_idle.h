#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "lb/base/clock.h"

namespace weir::bench {

// How long a core has idled since the machine started. Of what is in /proc/stat only that is exact: the rest
// is sampled, and little of it is seen in a short time or where the host takes ticks away.
struct CoreIdle {
  base::Duration idle{0};  // waiting for a disk included
  base::Instant at{};      // when that was read
};

// From the text of /proc/stat; absent if the core is not in it.
std::optional<base::Duration> parse_core_idle(std::string_view stat, unsigned core);
std::optional<CoreIdle> core_idle(unsigned core);
// Of all cores, in their order; those that are offline are left out.
std::vector<CoreIdle> cores_idle();

// The share of the time between two readings in which it worked, for whomever: 0 to 1; 0 of no time.
double busy_share(const CoreIdle& before, const CoreIdle& after);

}  // namespace weir::bench
