#pragma once

#include <algorithm>

#include "lb/balance/draws.h"
#include "lb/balance/policy.h"

namespace weir::balance {

// Two candidates drawn by weight that are `wanted`, and the `better(second, first)` of them; the only one if
// no other was found. `differ`: if the draws give the same one again and again, since it outweighs the others
// or they are few, the next in the pool is the second.
template <typename Better>
std::optional<Slot> better_of_two(Draws& draws, const Pool& pool, const Wanted& wanted, bool differ,
                                  Better better) {
  if (pool.size() == 1) {
    const Candidate& only = pool.candidate(0);
    return wanted.accepts(only) ? std::optional(only.slot) : std::nullopt;
  }
  const Candidate* first = nullptr;
  Place first_place = 0;
  const auto choose = [&](const Candidate& second) {
    return (better(second, *first) ? second : *first).slot;
  };
  for (int i = 0; i < kDraws; ++i) {
    const Place place = draws.next();
    const Candidate& drawn = pool.candidate(place);
    if ((differ && &drawn == first) || !wanted.accepts(drawn)) continue;
    if (first != nullptr) return choose(drawn);
    first = &drawn;
    first_place = place;
  }
  if (first == nullptr) return std::nullopt;
  const Place others = differ ? std::min<Place>(pool.size() - 1, kDraws) : 0;
  for (Place i = 1; i <= others; ++i) {
    const Candidate& next = pool.candidate((first_place + i) % pool.size());
    if (wanted.accepts(next)) return choose(next);
  }
  return first->slot;
}

}  // namespace weir::balance
