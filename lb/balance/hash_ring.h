#pragma once

#include <cstdint>
#include <vector>

#include "lb/balance/target_set.h"

namespace weir::balance {

struct RingMember {
  std::uint64_t identity = 0;
  std::uint32_t weight = 0;
  Slot slot = 0;
  bool operator==(const RingMember&) const = default;
};

// A ring of points for consistent hashing: a member has points in proportion to its weight, placed by its
// identity alone, and owns what lies between each of them and the point before. A lookup is O(1). Immutable.
//
// A unit of weight has kPointsPerWeight points (its part varies by 4 %), and fewer where there would be over
// kMaxPoints (16 MB): a join then takes a few points from every other member, and moves up to 2/n of the keys
// instead of 1/n.
class HashRing {
 public:
  static constexpr std::uint64_t kPointsPerWeight = 512;
  static constexpr std::uint64_t kMaxPoints = 1U << 20;

  explicit HashRing(std::vector<RingMember> members);

  bool made_of(const std::vector<RingMember>& members) const { return members_ == members; }

  // The owner of a place on the ring; there is at least one member. `hash` is spread already.
  Slot owner(std::uint64_t hash) const;
  std::size_t points() const { return points_; }

 private:
  struct Point {
    std::uint32_t position;
    Slot slot;
  };
  static constexpr Slot kEmpty = ~Slot{0};

  std::vector<Point> make_points() const;
  void lay_out(const std::vector<Point>& points);

  std::vector<RingMember> members_;
  std::size_t points_ = 0;
  // The points by position, each in the cell that its first bits say or, where that is taken, the next free
  // one: a lookup begins at its own cell and ends a few further on.
  std::vector<Point> cells_;
  unsigned shift_ = 0;
};

}  // namespace weir::balance
