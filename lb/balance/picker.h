#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "lb/balance/target_set.h"
#include "lb/base/random.h"

namespace weir::balance {

class Policy;  // policy.h: an algorithm at work on one pool

struct PickRequest {
  std::span<const Slot> tried;  // not these
  Zone avoid = kNoZone;         // rather none of this zone: where an attempt has just failed
  std::uint64_t hash = 0;       // of what consistent_hash keeps together
  base::Instant now{};
};

// Chooses the target of a request, by the group's algorithm: state of one worker and one group. A pick is
// O(1) or O(log n) in the number of targets, allocates nothing and takes no lock.
class Picker {
 public:
  Picker(model::Algorithm algorithm, base::Random& random);
  ~Picker();
  Picker(const Picker&) = delete;
  Picker& operator=(const Picker&) = delete;

  // From now on of this set. What a policy remembers of a target it keeps: no change starts a rotation anew.
  void adopt(std::shared_ptr<const TargetSet> set);

  // Absent: all that might be picked are in `tried` or at their limit. A pick reserves nothing.
  std::optional<Slot> pick(const PickRequest& request);

  // An attempt at a target has begun or ended: its load has changed. Cheap where the algorithm does not care.
  void load_changed(Slot slot);

  const TargetSet& set() const { return *set_; }

 private:
  std::size_t choose_share(std::uint64_t bits) const;
  std::optional<Slot> pick_outside(Zone zone, const PickRequest& request, std::size_t share,
                                   std::uint64_t bits);

  const model::Algorithm algorithm_;
  base::Random& random_;
  std::shared_ptr<const TargetSet> set_;
  std::vector<std::unique_ptr<Policy>> policies_;  // of the set's shares
};

}  // namespace weir::balance
