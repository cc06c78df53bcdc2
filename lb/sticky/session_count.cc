#include "lb/sticky/session_count.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <limits>

namespace weir::sticky {
namespace {

// A register: from bit 36 on the minute, below it a rank of 6 bits for each of six minutes, the latest
// lowest.
constexpr unsigned kRankBits = 6;
constexpr unsigned kMinutes = 6;
constexpr unsigned kMinuteShift = kRankBits * kMinutes;
constexpr std::uint64_t kRankMask = (1U << kRankBits) - 1;
constexpr std::uint64_t kRanksMask = (std::uint64_t{1} << kMinuteShift) - 1;

std::uint64_t minute_of(base::Instant now) {
  const auto minutes = std::chrono::floor<std::chrono::minutes>(now.time_since_epoch()).count();
  return static_cast<std::uint64_t>(minutes) & (std::numeric_limits<std::uint64_t>::max() >> kMinuteShift);
}

// The finalizer of splitmix64: the estimate wants all bits random, whoever made the ids.
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

// The register as it stands in `minute`. One that is ahead, by a thread whose clock is, stays as it is.
std::uint64_t moved_to(std::uint64_t word, std::uint64_t minute) {
  const std::uint64_t then = word >> kMinuteShift;
  if (minute <= then) return word;
  const std::uint64_t passed = minute - then;
  const std::uint64_t ranks = passed >= kMinutes ? 0 : (word << passed * kRankBits) & kRanksMask;
  return minute << kMinuteShift | ranks;
}

std::uint64_t highest_rank(std::uint64_t word) {
  std::uint64_t highest = 0;
  for (unsigned i = 0; i < kMinutes; ++i) highest = std::max(highest, word >> i * kRankBits & kRankMask);
  return highest;
}

// Ertl 2017, "New cardinality estimation algorithms for HyperLogLog sketches", algorithm 6.
double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1;
  double z = x;
  for (double last = -1; z != last; y += y) {
    x *= x;
    last = z;
    z += x * y;
  }
  return z;
}
double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1;
  double z = 1 - x;
  for (double last = -1; z != last;) {
    x = std::sqrt(x);
    last = z;
    y /= 2;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

}  // namespace

void SessionCount::add(std::uint64_t session, base::Instant now) {
  const std::uint64_t hash = mix(session);
  std::atomic<std::uint64_t>& cell = registers_[hash & (kRegisters - 1)];
  const std::uint64_t rank = static_cast<std::uint64_t>(std::countl_zero(hash | (kRegisters - 1))) + 1;
  const std::uint64_t minute = minute_of(now);
  std::uint64_t word = cell.load(std::memory_order_relaxed);
  while (true) {
    std::uint64_t next = moved_to(word, minute);
    if ((next & kRankMask) < rank) next = (next & ~kRankMask) | rank;
    if (next == word || cell.compare_exchange_weak(word, next, std::memory_order_relaxed)) return;
  }
}

std::uint64_t SessionCount::count(base::Instant now) const {
  constexpr unsigned kMostRank = 64 - kIndexBits;
  constexpr double kSize = kRegisters;
  std::array<double, kMostRank + 2> with_rank{};
  const std::uint64_t minute = minute_of(now);
  for (const auto& cell : registers_) {
    with_rank[highest_rank(moved_to(cell.load(std::memory_order_relaxed), minute))] += 1;
  }
  double z = kSize * tau(1 - with_rank[kMostRank + 1] / kSize);
  for (unsigned rank = kMostRank; rank >= 1; --rank) z = (z + with_rank[rank]) / 2;
  z += kSize * sigma(with_rank[0] / kSize);
  return static_cast<std::uint64_t>(std::llround(kSize * kSize / (2 * std::log(2) * z)));
}

}  // namespace weir::sticky
