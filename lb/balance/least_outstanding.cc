#include "lb/balance/least_outstanding.h"

#include <array>

namespace weir::balance {

LeastOutstanding::LeastOutstanding(std::shared_ptr<const Pool> pool, base::Random& random)
    : Policy(std::move(pool)), random_(random), sweep_(this->pool()->size()) {}

std::optional<Slot> LeastOutstanding::pick(const Wanted& wanted) {
  LoadTree& tree = pool()->tree();
  for (int i = 0; i < kDraws; ++i) {
    const std::optional<Place> place = least(wanted);
    if (!place) return std::nullopt;
    if (tree.stale(*place, candidate(*place))) {
      tree.refresh(*place, candidate(*place), random_.next());
    } else if (wanted.accepts(candidate(*place))) {
      tree.serves(*place);
      return candidate(*place).slot;
    }
  }
  return std::nullopt;
}

// Tried targets and a zone to avoid are cut out of the tree, so that what they leave is one search.
std::optional<Place> LeastOutstanding::least(const Wanted& wanted) const {
  const LoadTree& tree = pool()->tree();
  if (wanted.tried.empty() && wanted.outside == kNoZone) return tree.least();
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
  tree.refresh(place, candidate(place), random_.next());
  sweep_.some([&](Place other) { tree.refresh(other, candidate(other), random_.next()); });
  tree.prefetch_least();
}

}  // namespace weir::balance
