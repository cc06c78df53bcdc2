#include "lb/http/grpc_timeout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "lb/base/text.h"

namespace weir::http {
namespace {

struct Unit {
  char letter;
  base::Duration length;
};

// From the finest on.
constexpr std::array kUnits = std::to_array<Unit>({
    {'n', std::chrono::nanoseconds(1)},
    {'u', std::chrono::microseconds(1)},
    {'m', std::chrono::milliseconds(1)},
    {'S', std::chrono::seconds(1)},
    {'M', std::chrono::minutes(1)},
    {'H', std::chrono::hours(1)},
});

constexpr std::size_t kMostDigits = 8;
constexpr std::int64_t kMostCount = 99'999'999;

}  // namespace

std::optional<base::Duration> read_grpc_timeout(std::string_view value) {
  if (value.size() < 2 || value.size() > kMostDigits + 1) return std::nullopt;
  const auto* unit = std::ranges::find(kUnits, value.back(), &Unit::letter);
  const auto count = base::parse_decimal(value.substr(0, value.size() - 1));
  if (unit == kUnits.end() || !count || *count == 0) return std::nullopt;
  const auto number = static_cast<std::int64_t>(*count);
  if (number > kLongestGrpcTimeout / unit->length) return kLongestGrpcTimeout;
  return number * unit->length;
}

std::string grpc_timeout_text(base::Duration timeout) {
  if (timeout <= base::Duration::zero()) return "1n";
  for (const Unit& unit : kUnits) {
    const std::int64_t count = (timeout - base::Duration(1)) / unit.length + 1;
    if (count <= kMostCount) return fmt::format("{}{}", count, unit.letter);
  }
  return fmt::format("{}H", kMostCount);
}

}  // namespace weir::http
