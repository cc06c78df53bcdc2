#include "lb/proxy/date_cache.h"

namespace weir::proxy {

void DateCache::read(base::Instant now) {
  wall_ = clock_.wall();
  read_at_ = now;
  const auto second = std::chrono::floor<std::chrono::seconds>(wall_);
  next_ = now + (second + std::chrono::seconds(1) - wall_);
  second_ = static_cast<std::uint64_t>(second.time_since_epoch().count());
  date_ = http::Date(second.time_since_epoch().count());
}

}  // namespace weir::proxy
