#include "lb/health/status_ranges.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::health {

bool contains(std::span<const model::StatusRange> ranges, std::uint16_t status) {
  return std::ranges::any_of(ranges, [status](const model::StatusRange& range) {
    return range.from <= status && status <= range.to;
  });
}

std::string ranges_text(std::span<const model::StatusRange> ranges) {
  std::string text;
  for (const model::StatusRange& range : ranges) {
    if (!text.empty()) text += ", ";
    text +=
        range.from == range.to ? fmt::format("{}", range.from) : fmt::format("{}-{}", range.from, range.to);
  }
  return text;
}

}  // namespace weir::health
