#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "lb/base/clock.h"

// Numbers with units as they are given on the command line. Pure. An error is a sentence that quotes the text
// and says what was expected.
namespace weir::bench {

// "500us", "10ms", "2.5s", "1m", "2h"; 0 needs no unit. At most a day, rounded to nanoseconds.
std::expected<base::Duration, std::string> parse_duration(std::string_view text);

// Bytes: "128", "64KiB", "1.5MiB", "2GiB"; k, m and g are short for the same powers of 1024. At most 1 TiB.
std::expected<std::uint64_t, std::string> parse_size(std::string_view text);

// From 0 to 1: "1%", "0.5%" or "0.01".
std::expected<double, std::string> parse_share(std::string_view text);

}  // namespace weir::bench
