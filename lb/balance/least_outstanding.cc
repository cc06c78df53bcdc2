#include "lb/balance/least_outstanding.h"

#include <array>

namespace weir::balance {
namespace {

// How many places ahead of a pick what later ones will read is fetched.
constexpr Place kAhead = 8;

}  // namespace

LeastOutstanding::LeastOutstanding(std::shared_ptr<const Pool> pool)
    : Policy(std::move(pool)), sweep_(this->pool()->size()) {}

std::optional<Slot> LeastOutstanding::pick(const Wanted& wanted) {
  LoadTree& tree = pool()->tree();
  for (int i = 0; i < kDraws; ++i) {
    const std::optional<Place> place = least(wanted);
    if (!place) return std::nullopt;
    if (tree.stale(*place, candidate(*place))) {
      tree.refresh(*place, candidate(*place));
    } else if (wanted.accepts(candidate(*place))) {
      tree.serves(*place);
      last_ = *place;
      prefetch_after(last_);
      return candidate(*place).slot;
    }
  }
  return std::nullopt;
}

// Tried targets and a zone to avoid are cut out of the tree, so that what they leave is one search.
std::optional<Place> LeastOutstanding::least(const Wanted& wanted) const {
  const LoadTree& tree = pool()->tree();
  if (wanted.tried.empty() && wanted.outside == kNoZone) return tree.least(last_);
  std::array<Pool::Range, 16> without;
  std::size_t count = 0;
  if (wanted.outside != kNoZone) without[count++] = pool()->zone_range(wanted.outside);
  for (const Slot slot : wanted.tried) {
    const Place place = pool()->place_of(slot);
    if (place == kNoPlace) continue;
    if (count == without.size()) return std::nullopt;
    without[count++] = {place, place + 1};
  }
  const std::span ranges(without.data(), count);
  std::ranges::sort(ranges, {}, &Pool::Range::begin);
  return tree.least_outside(ranges);
}

void LeastOutstanding::load_changed(Slot slot) {
  const Place place = pool()->place_of(slot);
  if (place == kNoPlace) return;
  LoadTree& tree = pool()->tree();
  tree.refresh(place, candidate(place));
  sweep_.some(*pool(), [&](Place other) {
    if (tree.stale(other, candidate(other))) tree.refresh(other, candidate(other));
  });
}

// Among equals the next turns are mostly those of the next places.
void LeastOutstanding::prefetch_after(Place place) const {
  const std::span<const Candidate> candidates = pool()->candidates();
  if (place + 2 * kAhead >= candidates.size()) return;
  pool()->tree().prefetch(place + kAhead);
  __builtin_prefetch(candidates[place + kAhead].load);
  __builtin_prefetch(&candidates[place + 2 * kAhead]);
}

}  // namespace weir::balance
