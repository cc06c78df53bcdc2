#include "lb/admin/percent.h"

#include <fmt/format.h>

#include <iterator>

#include "lb/base/text.h"

namespace weir::admin {
namespace {

std::optional<unsigned> hex_digit(char c) {
  const char low = base::lower(c);
  if (base::is_digit(low)) return static_cast<unsigned>(low - '0');
  if (low >= 'a' && low <= 'f') return static_cast<unsigned>(low - 'a' + 10);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> decode_percent(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    result += static_cast<char>(*high << 4 | *low);
    i += 2;
  }
  return result;
}

std::string encode_percent(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const char low = base::lower(c);
    if ((low >= 'a' && low <= 'z') || base::is_digit(c) || std::string_view("-._~:").contains(c)) {
      result += c;
    } else {
      fmt::format_to(std::back_inserter(result), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

}  // namespace weir::admin
