#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lb/balance/target_set.h"

namespace weir::balance {

// Who has the least outstanding requests for its weight, of all workers' requests: a tree of minima, eight
// children to a node, which is a cache line. To find is O(1) but for the way down, to refresh is O(log n),
// both without a lock. Any thread.
//
// Among equal loads the earliest turn goes first. Turns are the deadlines of a weighted round robin: one who
// got a request comes again a period, 1/weight, later. So an idle group is served by weight, in rotation. A
// candidate that was not among the least for long does not save up turns: those before the turn that was
// served last are lost, and the next one is whole periods later.
//
// The first turns are such that an idle group's rotation goes through neighbouring memory, and changes one
// node rather than the whole way up: of each run of equal zone and weight one candidate after the other, from
// a random one on, and where there are many, those of a node at the same turn.
class LoadTree {
 public:
  using Place = std::uint32_t;
  struct Range {
    Place begin = 0;
    Place end = 0;
  };

  // Candidates of equal zone and weight are neighbours.
  LoadTree(std::span<const Candidate> candidates, std::uint64_t seed);

  // Looks at the candidate's load again.
  void refresh(Place place, const Candidate& candidate);
  // Whether refresh() would find another load.
  bool stale(Place place, const Candidate& candidate) const;

  // Absent: all are full. `near`: any place; quick if the least is next to it.
  std::optional<Place> least(Place near) const;
  // Of those outside of these ranges, which are in the order of their beginnings.
  std::optional<Place> least_outside(std::span<const Range> without) const;
  // Fetches what least() reads if its answer is about there.
  void prefetch(Place place) const { __builtin_prefetch(&levels_.front()[place / kFan]); }
  // The turn of this place is being served.
  void serves(Place place);

 private:
  static constexpr unsigned kFan = 8;
  using Key = std::uint64_t;  // load (a float, whose bits are in order if it is positive), then turn
  static constexpr Key kNone = ~Key{0};
  struct alignas(64) Node {
    std::array<std::atomic<Key>, kFan> children;
  };
  struct Found {
    Key key = kNone;
    unsigned level = 0;
    Place at = 0;
  };

  std::atomic<Key>& key(unsigned level, Place at) { return levels_[level][at / kFan].children[at % kFan]; }
  const std::atomic<Key>& key(unsigned level, Place at) const {
    return levels_[level][at / kFan].children[at % kFan];
  }
  void lay_turns(std::span<const Candidate> candidates, std::uint64_t seed);
  static Found least_child(const Node& node);
  void scan(unsigned level, Place begin, Place end, Found& found) const;
  Found least_key(Place begin, Place end) const;
  std::optional<Place> descend(Found found) const;
  static bool fewer(const Found& a, const Found& b) { return a.key < b.key; }
  void rise(Place place);
  void restart_turns();

  Place size_ = 0;
  std::vector<std::vector<Node>> levels_;  // from the leaves to the root
  alignas(64) std::atomic<std::uint32_t> served_{0};
};

}  // namespace weir::balance
