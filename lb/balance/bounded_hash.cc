#include "lb/balance/bounded_hash.h"

#include "lb/balance/mix.h"

namespace weir::balance {
namespace {

// With 9 of 10 targets failed one key in 800 finds none by so many jumps, and is left to a scan.
constexpr std::uint64_t kJumps = 64;

}  // namespace

BoundedHash::BoundedHash(std::shared_ptr<const Pool> pool)
    : Policy(std::move(pool)), sweep_(this->pool()->size()) {}

// Whether it has all that it may have, this request counted: outstanding + 1 > 1.25 x (sum + 1) x part,
// rounded up.
bool BoundedHash::over_bound(const Candidate& candidate, std::uint64_t outstanding) const {
  const std::uint64_t own = candidate.load->outstanding.load(std::memory_order_relaxed);
  const std::uint64_t weight = pool()->weight();
  return own * 4 * weight >= 5 * (outstanding + 1) * candidate.weight;
}

std::optional<Slot> BoundedHash::pick(const Wanted& wanted) {
  const std::uint64_t outstanding = pool()->outstanding().value();
  for (std::uint64_t jump = 0; jump < kJumps; ++jump) {
    const Slot slot = pool()->ring().owner(mix(wanted.hash, jump));
    pool()->outstanding().prefetch(slot);
    const std::optional<Candidate> owner = pool()->by_slot(slot);
    if (!owner) continue;
    if (wanted.accepts(*owner) && !over_bound(*owner, outstanding)) return owner->slot;
  }
  return std::nullopt;
}

void BoundedHash::load_changed(Slot slot) {
  const std::optional<Candidate> changed = pool()->by_slot(slot);
  if (!changed) return;
  OutstandingSum& sum = pool()->outstanding();
  sum.look(*changed);
  sweep_.some(*pool(), [&](Place other) { sum.look(candidate(other)); });
}

}  // namespace weir::balance
