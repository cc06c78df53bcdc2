#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "lb/base/clock.h"

namespace weir::balance {

// How many of a group's requests may be sent again, so that retries do not finish off what is overloaded:
// each request adds `percent`/100 of a token, which is kept for 10 s, beside 3 tokens a second for groups
// with little traffic. Shared by all workers: each counts its own requests without waiting for another; a
// retry, which is rare, looks at all of them.
class RetryBudget {
 public:
  static constexpr unsigned kSeconds = 10;
  static constexpr unsigned kFreePerSecond = 3;

  RetryBudget(unsigned workers, std::uint32_t percent);

  // By worker `worker` alone.
  void request(unsigned worker, base::Instant now);
  // Any thread. False: no token is left.
  bool take(base::Instant now);
};

}  // namespace weir::balance
