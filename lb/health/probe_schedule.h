#pragma once

#include <cstdint>

#include "lb/base/clock.h"
#include "lb/base/random.h"
#include "lb/model/health_check.h"

namespace weir::health {

// When one target is probed. The first probe is due at once, the second at a random moment of the interval
// behind it, so that targets which were registered together spread over it (HAProxy's start offset); from
// then on one interval lies between two starts, longer or shorter by up to jitter_percent. How long an answer
// takes shifts nothing (as ALB counts). A value of 24 bytes.
class ProbeSchedule {
 public:
  explicit ProbeSchedule(base::Instant registered) : start_(registered) {}

  // A probe starts now; `changing` as due() was asked with.
  void started(base::Instant now, const model::HealthCheck& check, bool changing, base::Random& random);

  // When the next one is; may lie in the past. `changing` chooses between interval and fast_interval, up to
  // the last moment. Whoever has a probe under way at that time starts the next one when it is over: never
  // two at once.
  base::Instant due(const model::HealthCheck& check, bool changing) const;

 private:
  enum class Stage : std::uint8_t { registered, first, steady };

  base::Instant start_;       // of the last probe
  std::uint32_t random_ = 0;  // drawn for the next one, as a fraction of 2^32
  Stage stage_ = Stage::registered;
};

}  // namespace weir::health
