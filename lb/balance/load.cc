#include "lb/balance/load.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace weir::balance {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kTau{10};

std::uint32_t milliseconds(base::Instant now) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
}

struct Average {
  float nanoseconds;
  std::uint32_t stamp;  // wraps every 49 days: only differences count
};

Average unpack(std::uint64_t packed) {
  return {std::bit_cast<float>(static_cast<std::uint32_t>(packed >> 32)), static_cast<std::uint32_t>(packed)};
}

std::uint64_t pack(Average average) {
  return std::uint64_t{std::bit_cast<std::uint32_t>(average.nanoseconds)} << 32 | average.stamp;
}

// Threads read their clocks at different moments: a stamp may be ahead of `now`.
Seconds age(Average average, base::Instant now) {
  const auto difference = static_cast<std::int32_t>(milliseconds(now) - average.stamp);
  return std::chrono::milliseconds(std::max(difference, 0));
}

}  // namespace

void PeakAverage::add(base::Duration sample, base::Instant now) {
  const auto nanoseconds = static_cast<float>(std::max<base::Duration::rep>(sample.count(), 1));
  Average average = unpack(packed_.load(std::memory_order_relaxed));
  if (nanoseconds >= average.nanoseconds) {
    average.nanoseconds = nanoseconds;
  } else {
    const auto kept = static_cast<float>(std::exp(-age(average, now) / kTau));
    average.nanoseconds = nanoseconds + (average.nanoseconds - nanoseconds) * kept;
  }
  average.stamp = milliseconds(now);
  packed_.store(pack(average), std::memory_order_relaxed);
}

// What has had no sample for longer than the time constant is forgotten little by little, so that a target
// that nobody picks any more is tried again.
base::Duration PeakAverage::value(base::Instant now) const {
  const Average average = unpack(packed_.load(std::memory_order_relaxed));
  double nanoseconds = average.nanoseconds;
  if (nanoseconds == 0) return base::Duration{0};
  const Seconds idle = age(average, now);
  if (idle > kTau) nanoseconds *= std::exp(-(idle - kTau) / kTau);
  return base::Duration(std::max<base::Duration::rep>(static_cast<base::Duration::rep>(nanoseconds), 1));
}

bool Load::take() {
  std::uint32_t now = outstanding.load(std::memory_order_relaxed);
  do {
    if (now >= limit.load(std::memory_order_relaxed)) return false;
  } while (!outstanding.compare_exchange_weak(now, now + 1, std::memory_order_relaxed));
  return true;
}

}  // namespace weir::balance
