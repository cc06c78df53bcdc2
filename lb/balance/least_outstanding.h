#pragma once

#include "lb/balance/policy.h"
#include "lb/balance/sweep.h"

namespace weir::balance {

// least_outstanding: the candidate with the fewest requests for its weight, of all workers. Exact while picks
// do not coincide; else off by at most the other workers' picks at that moment.
class LeastOutstanding final : public Policy {
 public:
  explicit LeastOutstanding(std::shared_ptr<const Pool> pool);

  std::optional<Slot> pick(const Wanted& wanted) override;
  void load_changed(Slot slot) override;

 private:
  std::optional<Place> least(const Wanted& wanted) const;
  void prefetch_after(Place place) const;

  Sweep sweep_;
  Place last_ = 0;  // picked
};

}  // namespace weir::balance
