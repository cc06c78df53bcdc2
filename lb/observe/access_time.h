#pragma once

#include <cstdint>
#include <string_view>

#include "lb/base/clock.h"

namespace weir::observe {

// Dates of RFC 3339 in UTC, each made only once while its second lasts.
class AccessTime {
 public:
  // "2026-11-28T12:00:00"; valid until the next call.
  std::string_view date(base::WallTime time);

 private:
  char date_[20] = "1970-01-01T00:00:00";
  std::int64_t second_ = 0;
};

// What of it is behind the second.
std::uint64_t microseconds_of(base::WallTime time);

}  // namespace weir::observe
