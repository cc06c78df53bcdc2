#pragma once

#include <cstddef>
#include <string_view>

namespace weir::observe {

inline constexpr std::size_t kLongestText = 8192;  // what is longer is cut

inline constexpr std::size_t kMostEscaped = 6;  // bytes, of one: \u0000

// The bytes that these may write for a text of this size.
constexpr std::size_t json_room(std::size_t size) {
  return kMostEscaped * (size < kLongestText ? size : kLongestText) + 3;
}

// Writes what stands between the quotes of a JSON string (RFC 8259 7) and returns where it ends. The result
// is valid UTF-8 and holds no control character, whatever the bytes are: a byte that is not UTF-8 becomes
// the four characters \xNN. A text of more than `longest` bytes, which are kLongestText at the most, is cut
// and ends in "...".
char* put_json_text(char* at, std::string_view text, std::size_t longest = kLongestText);
// The same, but that a quote is \u0022: none can be mistaken for the end of a quoted field, and between the
// quotes of JSON it is right too.
char* put_quoteless_text(char* at, std::string_view text);

}  // namespace weir::observe
