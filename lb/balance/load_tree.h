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
// candidate that was not among the least for long does not save up turns: it never falls behind the turn that
// was served last.
class LoadTree {
 public:
  using Place = std::uint32_t;
  struct Range {
    Place begin = 0;
    Place end = 0;
  };

  LoadTree(std::span<const Candidate> candidates, std::uint64_t seed);

  // Looks at the candidate's load again. `bits`: random ones, to round by.
  void refresh(Place place, const Candidate& candidate, std::uint64_t bits);
  // Whether refresh() would find another load.
  bool stale(Place place, const Candidate& candidate) const;

  // Absent: all are full.
  std::optional<Place> least() const;
  // Of those outside of these ranges, which are in the order of their beginnings.
  std::optional<Place> least_outside(std::span<const Range> without) const;
  // Fetches what least() will read last.
  void prefetch_least() const;
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
  static Found least_child(const Node& node);
  void scan(unsigned level, Place begin, Place end, Found& found) const;
  Found least_key(Place begin, Place end) const;
  std::optional<Place> descend(Found found) const;
  static bool fewer(const Found& a, const Found& b) { return a.key < b.key; }
  void rise(Place place);
  void restart_turns();

  Place size_ = 0;
  std::uint64_t seed_;
  std::vector<std::vector<Node>> levels_;  // from the leaves to the root
  alignas(64) std::atomic<std::uint32_t> served_{0};
};

}  // namespace weir::balance
