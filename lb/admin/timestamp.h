#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lb/base/clock.h"

// Times as the admin API writes them: RFC 3339 in UTC with milliseconds, "2026-01-31T08:00:00.000Z".
namespace weir::admin {

std::string timestamp(base::WallTime time);

// Only what timestamp() writes.
std::optional<base::WallTime> parse_timestamp(std::string_view text);

}  // namespace weir::admin
