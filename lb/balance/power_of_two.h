#pragma once

#include "lb/balance/draws.h"
#include "lb/balance/policy.h"

namespace weir::balance {

// power_of_two: of two drawn by weight, the one with less outstanding for its weight (Mitzenmacher 1996). A
// tie goes to the first, so that an idle group is served by weight.
class PowerOfTwo final : public Policy {
 public:
  PowerOfTwo(std::shared_ptr<const Pool> pool, base::Random& random);

  std::optional<Slot> pick(const Wanted& wanted) override;

 private:
  Draws draws_;
};

}  // namespace weir::balance
