#pragma once

#include <array>
#include <cstdint>
#include <span>
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
// kMaxPoints (4.5 MB): a join then takes a few points from every other member, and moves up to 2/n of the
// keys instead of 1/n.
class HashRing {
 public:
  static constexpr std::uint64_t kPointsPerWeight = 512;
  static constexpr std::uint64_t kMaxPoints = 1U << 20;

  explicit HashRing(std::vector<RingMember> members);

  bool made_of(const std::vector<RingMember>& members) const { return members_ == members; }

  // The owner of a place on the ring; there is at least one member. `hash` is spread already.
  Slot owner(std::uint64_t hash) const {
    const auto position = static_cast<std::uint32_t>(hash >> (64 - kPositionBits));
    const std::uint32_t bucket = position >> rest_bits_;
    const std::uint32_t wanted = packed({position, 0});
    std::uint32_t at = buckets_[bucket];
    for (const std::uint32_t end = buckets_[bucket + 1]; at < end && points_[at] < wanted;) ++at;
    return points_[at] & ((1U << slot_bits_) - 1);
  }
  std::size_t points() const { return points_.size() - 1; }

 private:
  static constexpr unsigned kPositionBits = 28;
  // The points are sorted in as many parts, so that each is sorted within the cache.
  static constexpr unsigned kPartBits = 8;
  static constexpr std::size_t kParts = 1U << kPartBits;
  struct Point {
    std::uint32_t position;
    Slot slot;
  };

  std::vector<std::uint32_t> counts() const;
  std::array<std::uint32_t, kParts> partition(const std::vector<std::uint32_t>& counts, Point* points) const;
  static void sort(std::span<const Point> points, std::span<Point> to, std::span<std::uint32_t> places,
                   std::span<const std::uint64_t> identities);
  std::uint32_t packed(Point point) const {
    return (point.position & ((1U << rest_bits_) - 1)) << slot_bits_ | point.slot;
  }

  std::vector<RingMember> members_;
  // In order: the rest of the position (what the bucket does not say), then the slot. The first one is at the
  // end once more: what comes after the last point comes before the first one.
  std::vector<std::uint32_t> points_;
  std::vector<std::uint32_t> buckets_;  // by the first bits of a position: where its points begin
  unsigned rest_bits_ = 0;
  unsigned slot_bits_ = 0;
};

}  // namespace weir::balance
