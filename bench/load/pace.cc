#include "bench/load/pace.h"

#include <cmath>

namespace weir::bench {
namespace {

using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000>>;

base::Duration from_seconds(double seconds) {
  return std::chrono::round<Ticks>(std::chrono::duration<double>(seconds));
}

double to_seconds(base::Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

base::Duration Pace::due(std::uint64_t number) const {
  const auto k = static_cast<double>(number);
  const double before = from * to_seconds(ramp_begin);
  if (from == to || k <= before) return from_seconds(k / from);

  // Within the ramp n(t) = from t + growth t^2 / 2, solved for t in the form that loses no digits.
  const double length = to_seconds(ramp);
  const double inside = k - before;
  const double all_inside = (from + to) / 2 * length;
  if (inside >= all_inside) return ramp_begin + ramp + from_seconds((inside - all_inside) / to);
  const double growth = (to - from) / length;
  return ramp_begin + from_seconds(2 * inside / (from + std::sqrt(from * from + 2 * growth * inside)));
}

}  // namespace weir::bench
