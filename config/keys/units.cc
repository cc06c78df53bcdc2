#include "config/keys/units.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <span>

#include "lb/base/text.h"

namespace weir::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

using Units = std::span<const Unit>;

// The largest first. Milliseconds, microseconds and bytes.
constexpr Unit kDurations[] = {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};
constexpr Unit kShortDurations[] = {{"d", 86'400'000'000}, {"h", 3'600'000'000}, {"m", 60'000'000},
                                    {"s", 1'000'000},      {"ms", 1'000},        {"us", 1}};
constexpr std::array<Unit, 5> kSizes{
    {{"TiB", 1ULL << 40}, {"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}, {"B", 1}}};

struct Split {
  std::string_view whole;
  std::string_view fraction;
  std::string_view unit;
};

std::expected<Split, UnitError> split(std::string_view text) {
  const auto digits = [](std::string_view from) {
    std::size_t count = 0;
    while (count < from.size() && base::is_digit(from[count])) ++count;
    return from.substr(0, count);
  };
  Split parts{.whole = digits(text), .fraction = {}, .unit = {}};
  if (parts.whole.empty()) return std::unexpected(UnitError::form);
  parts.unit = text.substr(parts.whole.size());
  if (parts.unit.starts_with('.')) {
    parts.fraction = digits(parts.unit.substr(1));
    if (parts.fraction.empty()) return std::unexpected(UnitError::form);
    parts.unit.remove_prefix(parts.fraction.size() + 1);
  }
  return parts;
}

// whole.fraction * factor; the product must be a whole number.
std::expected<std::uint64_t, UnitError> multiply(const Split& parts, std::uint64_t factor) {
  const auto whole = base::parse_decimal(parts.whole);
  constexpr std::uint64_t kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!whole || *whole > kMost / factor - 1) return std::unexpected(UnitError::too_large);
  std::uint64_t rest = 0;
  std::uint64_t scale = factor;
  for (const char digit : parts.fraction) {
    if (digit == '0' && scale % 10 != 0) continue;
    if (scale % 10 != 0) return std::unexpected(UnitError::precision);
    scale /= 10;
    rest += static_cast<std::uint64_t>(digit - '0') * scale;
  }
  return *whole * factor + rest;
}

const Unit* find(Units units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

std::string format(Units units, std::uint64_t amount) {
  for (const Unit& unit : units) {
    if (amount != 0 && amount % unit.factor == 0) return fmt::format("{}{}", amount / unit.factor, unit.name);
  }
  return {};
}

template <class Duration>
std::expected<Duration, UnitError> parse(Units units, std::string_view text) {
  const auto parts = split(text);
  if (!parts) return std::unexpected(parts.error());
  if (parts->unit.empty()) return std::unexpected(UnitError::no_unit);
  const Unit* unit = find(units, parts->unit);
  const bool finer = parts->unit == "us" || parts->unit == "ns";
  if (unit == nullptr) return std::unexpected(finer ? UnitError::precision : UnitError::unit);
  const auto count = multiply(*parts, unit->factor);
  if (!count) return std::unexpected(count.error());
  return Duration(static_cast<std::int64_t>(*count));
}

}  // namespace

std::expected<std::chrono::milliseconds, UnitError> parse_duration(std::string_view text) {
  return parse<std::chrono::milliseconds>(kDurations, text);
}

std::string format_duration(std::chrono::milliseconds duration) {
  return duration.count() == 0 ? "0s" : format(kDurations, static_cast<std::uint64_t>(duration.count()));
}

std::expected<std::chrono::microseconds, UnitError> parse_short_duration(std::string_view text) {
  return parse<std::chrono::microseconds>(kShortDurations, text);
}

std::string format_short_duration(std::chrono::microseconds duration) {
  return duration.count() == 0 ? "0s" : format(kShortDurations, static_cast<std::uint64_t>(duration.count()));
}

std::expected<std::uint64_t, UnitError> parse_size(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return std::unexpected(parts.error());
  if (!parts->fraction.empty()) return std::unexpected(UnitError::form);
  const Unit* unit = parts->unit.empty() ? &kSizes.back() : find(kSizes, parts->unit);
  if (unit == nullptr) return std::unexpected(UnitError::unit);
  return multiply(*parts, unit->factor);
}

std::string format_size(std::uint64_t bytes) { return bytes == 0 ? "0B" : format(kSizes, bytes); }

}  // namespace weir::config
