#include "lb/observe/json_text.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace weir::observe {
namespace {

constexpr char kHex[] = "0123456789abcdef";

consteval std::array<bool, 256> plain_bytes() {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7f; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr auto kPlain = plain_bytes();

// Whether one of the eight bytes is a control character, a quote, a backslash, DEL or not ASCII.
// (Per byte, with the high bits aside: no carry crosses a byte.)
bool needs_escape(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t low = word & ~kHigh;
  const std::uint64_t at_least_space = low + kOnes * (0x80 - 0x20);
  const std::uint64_t not_quote = (low ^ (kOnes * '"')) + kOnes * 0x7f;
  const std::uint64_t not_backslash = (low ^ (kOnes * '\\')) + kOnes * 0x7f;
  const std::uint64_t not_delete = (low ^ (kOnes * 0x7f)) + kOnes * 0x7f;
  return ((at_least_space & not_quote & not_backslash & not_delete & ~word) & kHigh) != kHigh;
}

std::size_t plain_prefix(std::string_view text) {
  std::size_t length = 0;
  while (length + 8 <= text.size() && !needs_escape(text.data() + length)) length += 8;
  while (length < text.size() && kPlain[static_cast<unsigned char>(text[length])]) ++length;
  return length;
}

// The length of the well-formed UTF-8 sequence of two to four bytes that `text` starts with, else 0
// (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool outside = (first == 0xED && byte(1) > 0x9F) || (first == 0xF4 && byte(1) > 0x8F);
  return overlong || outside ? 0 : length;
}

void append_code_point(std::string& out, unsigned char value) {
  out += "\\u00";
  out += kHex[value >> 4];
  out += kHex[value & 15];
}

// Appends the first character of `text`, which is not plain; returns how many bytes it took.
std::size_t append_special(std::string& out, std::string_view text) {
  const auto c = static_cast<unsigned char>(text.front());
  if (c == '"' || c == '\\') {
    out += '\\';
    out += text.front();
    return 1;
  }
  if (c < 0x80) {
    append_code_point(out, c);
    return 1;
  }
  const std::size_t length = sequence_length(text);
  if (length == 0) {
    out += "\\\\x";
    out += kHex[c >> 4];
    out += kHex[c & 15];
    return 1;
  }
  if (c == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0) {  // a C1 control character
    append_code_point(out, static_cast<unsigned char>(text[1]));
  } else {
    out += text.substr(0, length);
  }
  return length;
}

}  // namespace

void append_json_text(std::string& out, std::string_view text, std::size_t most) {
  const bool cut = text.size() > most;
  if (cut) text = text.substr(0, most);
  for (;;) {
    const std::size_t plain = plain_prefix(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    text.remove_prefix(append_special(out, text));
  }
  if (cut) out += "...";
}

}  // namespace weir::observe
