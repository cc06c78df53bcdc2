#include "lb/observe/access_time.h"

#include <chrono>
#include <ctime>

namespace weir::observe {

void AccessTime::begin(base::WallTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  second_ = second;
  const std::time_t seconds = second.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::strftime(text_, sizeof text_, "%Y-%m-%dT%H:%M:%S.", &parts);
}

}  // namespace weir::observe
