#pragma once

#include <algorithm>

#include "lb/balance/pool.h"

namespace weir::balance {

// What a pool's tables say of the loads may be out of date when a worker adopts it, since other workers still
// told the pool before. Once all have adopted it, each looks at every candidate once: a few at each change of
// a load, so that it is no pause.
class Sweep {
 public:
  explicit Sweep(Place size) : left_(size) {}

  template <typename Look>
  void some(const Pool& pool, Look look) {
    for (Place end = left_ - std::min(left_, kAtOnce); left_ > end;) {
      look(--left_);
      if (left_ >= kAhead) __builtin_prefetch(pool.candidate(left_ - kAhead).load);
    }
  }

 private:
  static constexpr Place kAtOnce = 4;
  static constexpr Place kAhead = 16;  // so much earlier a load is fetched into the cache
  Place left_;
};

}  // namespace weir::balance
