#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

// Durations and sizes as text.
namespace weir::config {

inline constexpr std::uint64_t kKiB = 1024;

enum class UnitError {
  form,       // not a number with a unit
  no_unit,    // a number, and nothing behind it
  unit,       // a number with an unknown unit
  precision,  // finer than the smallest unit
  too_large,
};

// "500ms", "2.5s", "30s", "5m", "1h", "1d"
std::expected<std::chrono::milliseconds, UnitError> parse_duration(std::string_view text);
// In the largest unit that gives a whole number.
std::string format_duration(std::chrono::milliseconds duration);

// The same with "250us".
std::expected<std::chrono::microseconds, UnitError> parse_short_duration(std::string_view text);
std::string format_short_duration(std::chrono::microseconds duration);

// "16KiB", "1MiB", "2GiB", "1TiB"; a plain number, or one with B, is bytes.
std::expected<std::uint64_t, UnitError> parse_size(std::string_view text);
std::string format_size(std::uint64_t bytes);

}  // namespace weir::config
