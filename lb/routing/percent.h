#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "lb/base/text.h"

namespace weir::routing {

// The value of a hexadecimal digit; 16 or more for anything else.
constexpr unsigned hex_value(char c) {
  const char low = base::lower(c);
  if (base::is_digit(low)) return static_cast<unsigned>(low - '0');
  return low >= 'a' && low <= 'f' ? static_cast<unsigned>(low - 'a' + 10) : 16;
}

// The byte that a valid %XX at `at` stands for (RFC 3986 2.1).
constexpr std::optional<char> percent_at(std::string_view text, std::size_t at) {
  if (text[at] != '%' || text.size() - at < 3) return std::nullopt;
  const unsigned high = hex_value(text[at + 1]);
  const unsigned low = hex_value(text[at + 2]);
  if (high > 15 || low > 15) return std::nullopt;
  return static_cast<char>(high << 4 | low);
}

}  // namespace weir::routing
