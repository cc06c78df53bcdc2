#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "lb/balance/target_set.h"
#include "lb/base/random.h"

namespace weir::balance {

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
};

}  // namespace weir::balance
