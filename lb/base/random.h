#pragma once

#include <cstdint>

namespace weir::base {

// Fast random bits for balancing, jitter and request ids (xoshiro256**, Blackman and Vigna 2018).
// Not for secrets. One per thread; decisions take it by reference, so that tests can seed it.
class Random {
 public:
  explicit Random(std::uint64_t seed);
  static Random from_system();  // seeded by getrandom(2)

  std::uint64_t next();
  // Uniform in [0, bound); bound is not 0 (Lemire 2019, without the rejection: bias below 2^-32
  // for the bounds that occur here).
  std::uint64_t below(std::uint64_t bound);

 private:
  std::uint64_t state_[4];
};

}  // namespace weir::base
