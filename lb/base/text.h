#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// ASCII text: HTTP knows no locale, so nothing here does either.
namespace weir::base {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool equals_ignoring_case(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);

// Without the spaces and tabs around it (OWS of RFC 9110 5.6.3).
std::string_view trim(std::string_view text);

// Digits only, no sign, no space; absent on anything else and on overflow.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

// For logs, messages and pages: control characters, quotes, backslashes and bytes that are not
// UTF-8 become \n, \", \\ or \xNN; at most `most` bytes of the text are shown.
std::string escape(std::string_view text, std::size_t most = 256);

// Calls `each` with every trimmed, non-empty element of a comma separated list (RFC 9110 5.6.1).
template <class Each>
void for_each_list_element(std::string_view list, Each&& each) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim(list.substr(0, comma));
    if (!element.empty()) each(element);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace weir::base
