#include "lb/observe/access_time.h"

#include <chrono>
#include <ctime>

namespace weir::observe {

std::string_view AccessTime::date(base::WallTime time) {
  const std::int64_t second = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  if (second != second_) {
    second_ = second;
    const std::time_t seconds = second;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::strftime(date_, sizeof date_, "%Y-%m-%dT%H:%M:%S", &parts);
  }
  return {date_, sizeof date_ - 1};
}

std::uint64_t microseconds_of(base::WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::microseconds>(time - whole).count());
}

}  // namespace weir::observe
