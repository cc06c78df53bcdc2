#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "lb/base/clock.h"

namespace weir::sticky {

// How many distinct sessions came in the last five minutes, about: HyperLogLog (Flajolet et al. 2007) of 1024
// registers with the estimator of Ertl 2017, whose standard error is 3.3 %. Each register remembers the last
// six minutes one by one (the one that runs and five before it, so none within five minutes is missed, and
// some that are up to six minutes old count), in one word with the minute that it was last changed in:
// nothing ever needs clearing. 8 KiB, whatever comes. Any thread, relaxed.
class SessionCount {
 public:
  void add(std::uint64_t session, base::Instant now);
  std::uint64_t count(base::Instant now) const;

 private:
  static constexpr unsigned kIndexBits = 10;
  static constexpr std::size_t kRegisters = 1U << kIndexBits;

  std::array<std::atomic<std::uint64_t>, kRegisters> registers_{};
};
static_assert(sizeof(SessionCount) == 8192);

}  // namespace weir::sticky
