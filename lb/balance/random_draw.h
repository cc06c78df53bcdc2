#pragma once

#include "lb/balance/draws.h"
#include "lb/balance/policy.h"

namespace weir::balance {

// random: by weight, whatever the load.
class RandomDraw final : public Policy {
 public:
  RandomDraw(std::shared_ptr<const Pool> pool, base::Random& random)
      : Policy(std::move(pool)), draws_(*this->pool(), random) {}

  std::optional<Slot> pick(const Wanted& wanted) override {
    for (int i = 0; i < kDraws; ++i) {
      const Candidate& drawn = candidate(draws_.next());
      if (wanted.accepts(drawn)) return drawn.slot;
    }
    return std::nullopt;
  }

 private:
  Draws draws_;
};

}  // namespace weir::balance
