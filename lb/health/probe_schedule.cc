#include "lb/health/probe_schedule.h"

#include <algorithm>

namespace weir::health {
namespace {

// A start that is late by less than this part of the interval is the loop's doing (its timers tick): the next
// one is counted from when it was due, so that such delays do not add up.
constexpr int kForgiven = 10;

base::Duration pace(const model::HealthCheck& check, bool changing) {
  return changing ? std::min(check.fast_interval, check.interval) : check.interval;
}

base::Duration part(base::Duration whole, double share) {
  return base::Duration(static_cast<base::Duration::rep>(static_cast<double>(whole.count()) * share));
}

}  // namespace

void ProbeSchedule::started(base::Instant now, const model::HealthCheck& check, bool changing,
                            base::Random& random) {
  const base::Instant planned = due(check, changing);
  const bool in_time = now >= planned && now - planned < pace(check, changing) / kForgiven;
  start_ = in_time ? planned : now;
  stage_ = stage_ == Stage::registered ? Stage::first : Stage::steady;
  random_ = static_cast<std::uint32_t>(random.next() >> 32);
}

base::Instant ProbeSchedule::due(const model::HealthCheck& check, bool changing) const {
  if (stage_ == Stage::registered) return start_;
  const base::Duration interval = pace(check, changing);
  const double drawn = random_ * 0x1p-32;  // in [0, 1)
  if (stage_ == Stage::first) return start_ + part(interval, drawn);
  return start_ + part(interval, 1 + (2 * drawn - 1) * std::min(check.jitter_percent, 100U) / 100);
}

}  // namespace weir::health
