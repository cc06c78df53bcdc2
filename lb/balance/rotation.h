#pragma once

#include <vector>

#include "lb/balance/policy.h"

namespace weir::balance {

// round_robin, weighted and smooth: of n targets each gets its weight's share, as evenly spread in time as
// can be. Targets of equal weight are a class, which goes round in a shuffled order of the worker's own;
// classes take turns by earliest deadline first. So a pick is O(log n) in the number of different weights,
// whatever the number of targets.
//
// A new set takes over who is due when: those that stay keep their turn, new ones come in at random.
class Rotation final : public Policy {
 public:
  Rotation(std::shared_ptr<const Pool> pool, Policies previous, base::Random& random);

  // Those skipped keep their turn.
  std::optional<Slot> pick(const Wanted& wanted) override;

 private:
  // Time runs so that a target of weight w is due once in 1/w.
  struct Class {
    double deadline;  // of the member at `next`
    double step;      // 1 / (weight x members)
    std::uint32_t weight;
    std::uint32_t begin;  // members, in order_
    std::uint32_t end;
    std::uint32_t next;
  };
  struct Due {
    std::uint32_t weight;
    double in;  // periods of its own weight until its turn: 0 to 1
    Place place;
  };

  // Class by class, in the order of turns.
  static bool earlier(const Due& a, const Due& b) {
    return a.weight != b.weight ? a.weight < b.weight : a.in < b.in;
  }

  std::vector<Due> carried(Policies previous) const;
  void add_new(std::vector<Due>& due, base::Random& random) const;
  void make_classes(std::span<const Due> due);
  std::optional<Slot> pick_from(Class& members, const Wanted& wanted);
  void sink(std::size_t at);

  std::vector<Class> classes_;    // a heap by deadline
  std::vector<Candidate> order_;  // copies: what comes next is read in a row
};

}  // namespace weir::balance
