#pragma once

#include <cstdint>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/http/date.h"

namespace weir::proxy {

// The wall clock for one worker, read at most once a second: the Date field (RFC 9110 5.6.7).
class DateCache {
 public:
  explicit DateCache(const base::Clock& clock) : clock_(clock) {}

  // `now`: the loop's time.
  std::string_view date(base::Instant now) {
    refresh(now);
    return date_.text();
  }
  std::uint64_t seconds(base::Instant now) {
    refresh(now);
    return second_;
  }
  base::WallTime wall(base::Instant now) {
    refresh(now);
    return wall_ + (now - read_at_);
  }

 private:
  void refresh(base::Instant now) {
    if (now < next_) return;
    read(now);
  }
  void read(base::Instant now);

  const base::Clock& clock_;
  base::Instant read_at_{};
  base::Instant next_{};
  base::WallTime wall_{};
  std::uint64_t second_ = 0;
  http::Date date_{0};
};

}  // namespace weir::proxy
