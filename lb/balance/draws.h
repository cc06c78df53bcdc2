#pragma once

#include <array>

#include "lb/balance/pool.h"
#include "lb/base/random.h"

namespace weir::balance {

// Candidates drawn by weight, some ahead of their use: while they wait, what will be read of them is on its
// way into the cache. That is what makes a draw among many as cheap as one among few. State of one worker.
class Draws {
 public:
  Draws(const Pool& pool, base::Random& random) : pool_(pool), random_(random) {
    for (unsigned i = 0; i < kAhead; ++i) {
      places_[i] = pool_.draws().draw(random_.next());
      bits_[i] = random_.next();
    }
  }

  Place next() {
    const Place place = places_[at_];
    places_[at_] = pool_.draws().draw(bits_[at_]);
    __builtin_prefetch(&pool_.candidate(places_[at_]));
    bits_[at_] = random_.next();
    pool_.draws().prefetch(bits_[at_]);
    at_ = (at_ + 1) % kAhead;
    __builtin_prefetch(pool_.candidate(places_[(at_ + kAhead / 2) % kAhead]).load);
    return place;
  }

 private:
  static constexpr unsigned kAhead = 8;

  const Pool& pool_;
  base::Random& random_;
  unsigned at_ = 0;
  std::array<Place, kAhead> places_{};
  std::array<std::uint64_t, kAhead> bits_{};  // the places after those
};

}  // namespace weir::balance
