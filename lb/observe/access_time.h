#pragma once

#include <cstdint>

#include "lb/base/clock.h"
#include "lb/observe/access_line.h"

namespace weir::observe {

// Times of RFC 3339 in UTC. What is in front of the point is made only once while its second lasts.
class AccessTime {
 public:
  static constexpr std::size_t kRoom = 27;

  // "2026-11-28T12:00:00.123Z"
  void put_milliseconds(AccessLine& line, base::WallTime time) {
    line.three_digits(put_second(line, time) / 1000);
    line.put('Z');
  }
  // "2026-11-28T12:00:00.123456Z"
  void put_microseconds(AccessLine& line, base::WallTime time) {
    line.six_digits(put_second(line, time));
    line.put('Z');
  }

 private:
  static constexpr std::chrono::seconds kSecond{1};

  // With the point; returns the microseconds behind it.
  std::uint32_t put_second(AccessLine& line, base::WallTime time) {
    if (time < second_ || time - second_ >= kSecond) [[unlikely]]
      begin(time);
    line.block<sizeof text_ - 1>(text_);
    const auto nanoseconds = static_cast<std::uint64_t>((time - second_).count());
    return static_cast<std::uint32_t>(nanoseconds / 1000);
  }
  void begin(base::WallTime time);

  char text_[21] = "1970-01-01T00:00:00.";
  base::WallTime second_{};
};

}  // namespace weir::observe
