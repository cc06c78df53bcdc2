#include "lb/balance/hash_ring.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <numeric>
#include <tuple>
#include <utility>

#include "lb/balance/mix.h"

namespace weir::balance {
namespace {

// The seed of a member's points must not be the identity itself, or the points of two members whose
// identities are close would be, too.
constexpr std::uint64_t kPointSeed = 0x5851F42D4C957F2D;
// Into how many places they are counted, at least; at most twice as many.
constexpr std::size_t kPlacesPerPoint = 4;
// How many points a bucket has on average, at least; at most twice as many.
constexpr std::size_t kPerBucket = 16;

// A part of a point is rounded up or down by the identity, so that the sum over all members is exact.
std::uint32_t points_of(const RingMember& member, double per_weight) {
  const double exact = member.weight * per_weight;
  const double dither = static_cast<double>(mix(member.identity, 0) >> 11) * 0x1p-53;
  return std::max(1U, static_cast<std::uint32_t>(exact + dither));
}

// Where each begins that has `counts` elements.
void to_starts(std::span<std::uint32_t> counts) {
  std::uint32_t sum = 0;
  for (std::uint32_t& count : counts) sum += std::exchange(count, sum);
}

}  // namespace

HashRing::HashRing(std::vector<RingMember> members) : members_(std::move(members)) {
  Slot last = 0;
  for (const RingMember& member : members_) last = std::max(last, member.slot);
  std::vector<std::uint64_t> identities(last + std::size_t{1});
  for (const RingMember& member : members_) identities[member.slot] = member.identity;

  const std::vector<std::uint32_t> counts = this->counts();
  const std::size_t size = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  slot_bits_ = static_cast<unsigned>(std::bit_width(last));
  const unsigned bucket_bits = std::max({static_cast<unsigned>(std::bit_width(size / kPerBucket / 2)),
                                         kPartBits, slot_bits_ - std::min(slot_bits_, 32 - kPositionBits)});
  rest_bits_ = kPositionBits - bucket_bits;
  points_.resize(size + 1);
  buckets_.reserve((std::size_t{1} << bucket_bits) + 1);
  buckets_.push_back(0);

  const auto points = std::make_unique_for_overwrite<Point[]>(size);
  const std::array<std::uint32_t, kParts> ends = partition(counts, points.get());
  std::vector<Point> sorted;
  const std::size_t buckets = (std::size_t{1} << bucket_bits) / kParts;
  std::vector<std::uint32_t> places(
      std::max(std::bit_ceil(kPlacesPerPoint * size / kParts / 2 + 1), buckets));
  std::uint32_t begin = 0;
  for (const std::uint32_t end : ends) {
    sorted.resize(end - begin);
    sort({&points[begin], end - begin}, sorted, places, identities);
    for (const Point& point : sorted) points_[begin++] = packed(point);
    for (std::size_t i = 1; i <= buckets; ++i) {
      buckets_.push_back(end - static_cast<std::uint32_t>(sorted.size()) +
                         places[i * (places.size() / buckets) - 1]);
    }
  }
  points_.back() = points_.front();
}

// How many points each member has.
std::vector<std::uint32_t> HashRing::counts() const {
  std::uint64_t weight = 0;
  for (const RingMember& member : members_) weight += member.weight;
  const double per_weight = std::min(static_cast<double>(kPointsPerWeight),
                                     static_cast<double>(kMaxPoints) / static_cast<double>(weight));
  std::vector<std::uint32_t> counts;
  counts.reserve(members_.size());
  for (const RingMember& member : members_) counts.push_back(points_of(member, per_weight));
  return counts;
}

// All points, by the part that they belong to. Returns where the parts end.
std::array<std::uint32_t, HashRing::kParts> HashRing::partition(const std::vector<std::uint32_t>& counts,
                                                                Point* points) const {
  const auto each = [&](auto use) {
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const std::uint64_t seed = mix(members_[i].identity ^ kPointSeed);
      const Slot slot = members_[i].slot;
      for (std::uint32_t p = 0; p < counts[i]; ++p) {
        use(Point{static_cast<std::uint32_t>(mix(seed, p) >> (64 - kPositionBits)), slot});
      }
    }
  };
  std::array<std::uint32_t, kParts> ends{};
  each([&](Point point) { ++ends[point.position >> (kPositionBits - kPartBits)]; });
  to_starts(ends);
  each([&](Point point) { points[ends[point.position >> (kPositionBits - kPartBits)]++] = point; });
  return ends;
}

// Positions are spread evenly: after a counting sort into more places than points next to nothing is left to
// sort. `places`: there, where they end is left. Among equal positions the lower identity is first.
void HashRing::sort(std::span<const Point> points, std::span<Point> to, std::span<std::uint32_t> places,
                    std::span<const std::uint64_t> identities) {
  const unsigned shift = kPositionBits - kPartBits - static_cast<unsigned>(std::countr_zero(places.size()));
  const auto place = [&](const Point& point) -> std::uint32_t& {
    return places[point.position >> shift & (places.size() - 1)];
  };
  const auto before = [&](const Point& a, const Point& b) {
    if (a.position != b.position) return a.position < b.position;
    return std::tuple(identities[a.slot], a.slot) < std::tuple(identities[b.slot], b.slot);
  };
  std::ranges::fill(places, 0U);
  for (const Point& point : points) ++place(point);
  to_starts(places);
  for (const Point& point : points) to[place(point)++] = point;
  for (std::size_t i = 1; i < to.size(); ++i) {
    for (std::size_t at = i; at > 0 && before(to[at], to[at - 1]); --at) std::swap(to[at], to[at - 1]);
  }
}

}  // namespace weir::balance
