#include "lb/balance/hash_ring.h"

#include <algorithm>
#include <array>
#include <bit>
#include <tuple>
#include <utility>

#include "lb/balance/mix.h"

namespace weir::balance {
namespace {

// The seed of a member's points must not be the identity itself, or the points of two members whose
// identities are close would be, too.
constexpr std::uint64_t kPointSeed = 0x5851F42D4C957F2D;
// Points are sorted in as many parts, so that each is sorted within the cache.
constexpr unsigned kPartBits = 8;
constexpr std::size_t kParts = 1U << kPartBits;
// How many points a bucket has on average, at least; at most twice as many.
constexpr std::size_t kPerBucket = 8;

// A part of a point is rounded up or down by the identity, so that the sum over all members is exact.
std::uint32_t points_of(const RingMember& member, double per_weight) {
  const double exact = member.weight * per_weight;
  const double dither = static_cast<double>(mix(member.identity, 0) >> 11) * 0x1p-53;
  return std::max(1U, static_cast<std::uint32_t>(exact + dither));
}

// Where each begins that has `counts` elements. Returns the sum.
std::uint32_t to_starts(std::span<std::uint32_t> counts) {
  std::uint32_t sum = 0;
  for (std::uint32_t& count : counts) sum += std::exchange(count, sum);
  return sum;
}

}  // namespace

HashRing::HashRing(std::vector<RingMember> members) : members_(std::move(members)) {
  const std::vector<std::uint32_t> counts = this->counts();
  std::array<std::uint32_t, kParts> ends{};
  std::vector<Point> points = partition(counts, ends);

  Slot last = 0;
  for (const RingMember& member : members_) last = std::max(last, member.slot);
  slot_bits_ = static_cast<unsigned>(std::bit_width(last));
  const unsigned bucket_bits = std::max(static_cast<unsigned>(std::bit_width(points.size() / kPerBucket / 2)),
                                        slot_bits_ - std::min(slot_bits_, 32 - kPositionBits));
  rest_bits_ = kPositionBits - bucket_bits;
  buckets_.resize((std::size_t{1} << bucket_bits) + 1);
  points_.reserve(points.size() + 1);

  std::vector<Point> sorted;
  std::vector<std::uint32_t> starts(std::bit_ceil(points.size() / kParts + 1));
  std::uint32_t begin = 0;
  for (const std::uint32_t end : ends) {
    sorted.resize(end - begin);
    sort({&points[begin], end - begin}, sorted, starts);
    append(sorted);
    begin = end;
  }
  to_starts(buckets_);
  points_.push_back(points_.front());
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

// All points, by the first bits of their positions. `ends`: of the parts.
std::vector<HashRing::Point> HashRing::partition(const std::vector<std::uint32_t>& counts,
                                                 std::span<std::uint32_t> ends) const {
  const auto each = [&](auto use) {
    for (std::uint32_t member = 0; member < members_.size(); ++member) {
      const std::uint64_t seed = mix(members_[member].identity ^ kPointSeed);
      for (std::uint32_t p = 0; p < counts[member]; ++p) {
        use(static_cast<std::uint32_t>(mix(seed, p) >> (64 - kPositionBits)), member);
      }
    }
  };
  each([&](std::uint32_t position, std::uint32_t) { ++ends[position >> (kPositionBits - kPartBits)]; });
  std::vector<Point> points(to_starts(ends));
  each([&](std::uint32_t position, std::uint32_t member) {
    points[ends[position >> (kPositionBits - kPartBits)]++] = {position, member};
  });
  return points;
}

// Positions are spread evenly: after a counting sort into as many places as points next to nothing is left to
// sort.
void HashRing::sort(std::span<Point> points, std::span<Point> to, std::span<std::uint32_t> starts) const {
  const unsigned shift = kPositionBits - kPartBits - static_cast<unsigned>(std::countr_zero(starts.size()));
  const auto start = [&](const Point& point) -> std::uint32_t& {
    return starts[point.position >> shift & (starts.size() - 1)];
  };
  std::ranges::fill(starts, 0U);
  for (const Point& point : points) ++start(point);
  to_starts(starts);
  for (const Point& point : points) to[start(point)++] = point;
  for (std::size_t i = 1; i < to.size(); ++i) {
    for (std::size_t at = i; at > 0 && before(to[at], to[at - 1]); --at) std::swap(to[at], to[at - 1]);
  }
}

// Among equal positions the lower identity is first.
bool HashRing::before(const Point& a, const Point& b) const {
  if (a.position != b.position) return a.position < b.position;
  const auto order = [](const RingMember& member) { return std::tuple(member.identity, member.slot); };
  return order(members_[a.member]) < order(members_[b.member]);
}

void HashRing::append(std::span<const Point> sorted) {
  for (const Point& point : sorted) {
    const std::uint32_t bucket = point.position >> rest_bits_;
    ++buckets_[bucket];
    points_.push_back((point.position - (bucket << rest_bits_)) << slot_bits_ | members_[point.member].slot);
  }
}

}  // namespace weir::balance
