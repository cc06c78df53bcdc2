#include "lb/balance/hash_ring.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "lb/balance/mix.h"

namespace weir::balance {
namespace {

// The seed of a member's points must not be the identity itself, or the points of two members whose
// identities are close would be, too.
constexpr std::uint64_t kPointSeed = 0x5851F42D4C957F2D;

std::uint32_t position(const RingMember& member, std::uint32_t point) {
  return static_cast<std::uint32_t>(mix(mix(member.identity ^ kPointSeed), point) >> 32);
}

// A part of a point is rounded up or down by the identity, so that the sum over all members is exact.
std::uint32_t points_of(const RingMember& member, double per_weight) {
  const double exact = member.weight * per_weight;
  const double dither = static_cast<double>(mix(member.identity, 0) >> 11) * 0x1p-53;
  return std::max(1U, static_cast<std::uint32_t>(exact + dither));
}

}  // namespace

HashRing::HashRing(std::vector<RingMember> members) : members_(std::move(members)) { lay_out(make_points()); }

// By position; among equal positions the lower identity is first. Positions are spread evenly: after a
// counting sort into as many buckets as points next to nothing is left to sort.
std::vector<HashRing::Point> HashRing::make_points() const {
  std::vector<RingMember> by_identity = members_;
  std::ranges::sort(by_identity, {}, [](const RingMember& m) { return std::tuple(m.identity, m.slot); });
  std::uint64_t weight = 0;
  for (const RingMember& member : by_identity) weight += member.weight;
  const double per_weight = std::min(static_cast<double>(kPointsPerWeight),
                                     static_cast<double>(kMaxPoints) / static_cast<double>(weight));
  std::vector<Point> unsorted;
  for (const RingMember& member : by_identity) {
    const std::uint32_t count = points_of(member, per_weight);
    for (std::uint32_t p = 0; p < count; ++p) unsorted.push_back({position(member, p), member.slot});
  }

  const auto shift = 32 - static_cast<unsigned>(std::bit_width(unsorted.size()));
  std::vector<std::uint32_t> first((std::size_t{1} << (32 - shift)) + 1);
  for (const Point& point : unsorted) ++first[(point.position >> shift) + 1];
  for (std::size_t b = 1; b < first.size(); ++b) first[b] += first[b - 1];
  std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
  std::vector<Point> points(unsorted.size());
  for (const Point& point : unsorted) points[next[point.position >> shift]++] = point;
  for (std::size_t i = 1; i < points.size(); ++i) {
    for (std::size_t at = i; at > 0 && points[at].position < points[at - 1].position; --at) {
      std::swap(points[at], points[at - 1]);
    }
  }
  return points;
}

// At most three quarters of the cells are taken.
void HashRing::lay_out(const std::vector<Point>& points) {
  points_ = points.size();
  const auto bits = static_cast<unsigned>(std::bit_width(points.size() + points.size() / 3));
  shift_ = 32 - bits;
  cells_.assign(std::size_t{1} << bits, {0, kEmpty});
  std::size_t free = 0;
  for (const Point& point : points) {
    free = std::max<std::size_t>(free, point.position >> shift_);
    if (free == cells_.size()) cells_.push_back({});
    cells_[free++] = point;
  }
  // What comes after the last point comes before the first one.
  cells_.push_back({0xffffffff, points.front().slot});
}

Slot HashRing::owner(std::uint64_t hash) const {
  const auto position = static_cast<std::uint32_t>(hash >> 32);
  std::size_t at = position >> shift_;
  while (cells_[at].slot == kEmpty || cells_[at].position < position) ++at;
  return cells_[at].slot;
}

}  // namespace weir::balance
