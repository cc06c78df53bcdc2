#include "bench/command_line/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <system_error>

#include "lb/base/text.h"

namespace weir::bench {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr double kKibi = 1024;
constexpr double kMostBytes = kKibi * kKibi * kKibi * kKibi;
constexpr double kMostNanoseconds = 86'400e9;

constexpr std::array<Unit, 6> kDurations{
    {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
constexpr std::array<Unit, 14> kSizes{{{"", 1},
                                       {"B", 1},
                                       {"KiB", kKibi},
                                       {"MiB", kKibi* kKibi},
                                       {"GiB", kKibi* kKibi* kKibi},
                                       {"TiB", kMostBytes},
                                       {"k", kKibi},
                                       {"m", kKibi* kKibi},
                                       {"g", kKibi* kKibi* kKibi},
                                       {"t", kMostBytes},
                                       {"K", kKibi},
                                       {"M", kKibi* kKibi},
                                       {"G", kKibi* kKibi* kKibi},
                                       {"T", kMostBytes}}};

struct Quantity {
  double number;
  std::string_view unit;
};

// Digits, perhaps with a fraction; what follows is the unit.
std::optional<Quantity> split(std::string_view text) {
  if (text.empty() || !base::is_digit(text.front())) return std::nullopt;
  Quantity result{};
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), result.number, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  result.unit = text.substr(static_cast<std::size_t>(end - text.data()));
  return result;
}

std::optional<double> factor_of(std::span<const Unit> units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return unit.factor;
  }
  return std::nullopt;
}

std::unexpected<std::string> refuse(std::string_view text, std::string_view expected) {
  return std::unexpected(fmt::format("'{}' is not {}", base::escape(text), expected));
}

}  // namespace

std::expected<base::Duration, std::string> parse_duration(std::string_view text) {
  constexpr std::string_view kExpected = "a duration: write it like 500us, 10ms, 2.5s or 1m";
  const auto parts = split(text);
  if (!parts) return refuse(text, kExpected);
  if (parts->unit.empty() && parts->number == 0) return base::Duration(0);
  const auto factor = factor_of(kDurations, parts->unit);
  if (!factor) return refuse(text, kExpected);
  if (parts->number > kMostNanoseconds / *factor) return refuse(text, "a duration of at most a day");
  return base::Duration(std::llround(parts->number * *factor));
}

std::expected<std::uint64_t, std::string> parse_size(std::string_view text) {
  constexpr std::string_view kExpected = "a size: write it like 128, 64KiB or 1MiB";
  const auto parts = split(text);
  const auto factor = parts ? factor_of(kSizes, parts->unit) : std::nullopt;
  if (!factor) return refuse(text, kExpected);
  if (parts->number > kMostBytes / *factor) return refuse(text, "a size of at most 1TiB");
  const double bytes = parts->number * *factor;
  if (bytes != std::floor(bytes)) return refuse(text, "a whole number of bytes");
  return static_cast<std::uint64_t>(bytes);
}

std::expected<double, std::string> parse_share(std::string_view text) {
  constexpr std::string_view kExpected = "a share: write it like 1% or 0.01";
  const auto parts = split(text);
  if (!parts || (!parts->unit.empty() && parts->unit != "%")) return refuse(text, kExpected);
  const double share = parts->unit.empty() ? parts->number : parts->number / 100;
  if (share > 1) return refuse(text, "a share: it is more than 100%");
  return share;
}

}  // namespace weir::bench
