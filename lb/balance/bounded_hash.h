#pragma once

#include "lb/balance/policy.h"
#include "lb/balance/sweep.h"

namespace weir::balance {

// consistent_hash with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2016): a key goes to the owner of its
// place on the ring, unless that one has over 1.25 x its part of the pool's outstanding requests. A key whose
// owner cannot take it jumps to a place that further hashes of it decide, so that the keys of a target that
// fails are spread over all others, and come back when it does.
class BoundedHash final : public Policy {
 public:
  explicit BoundedHash(std::shared_ptr<const Pool> pool);

  std::optional<Slot> pick(const Wanted& wanted) override;
  void load_changed(Slot slot) override;

 private:
  bool over_bound(const Candidate& candidate, std::uint64_t outstanding) const;

  Sweep sweep_;
};

}  // namespace weir::balance
