#pragma once

#include "lb/balance/draws.h"
#include "lb/balance/policy.h"

namespace weir::balance {

// peak_ewma: of two drawn by weight, the one that is likely to answer first: average response time x
// (outstanding + 1), outstanding taken for a weight of 1. A tie goes to the first.
class PeakEwma final : public Policy {
 public:
  PeakEwma(std::shared_ptr<const Pool> pool, base::Random& random);

  std::optional<Slot> pick(const Wanted& wanted) override;

 private:
  Draws draws_;
};

}  // namespace weir::balance
