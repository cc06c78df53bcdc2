#include "lb/observe/json_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace weir::observe {
namespace {

constexpr char kHex[] = "0123456789abcdef";

// A vector of GCC and clang.
using Bytes = unsigned char __attribute__((vector_size(16)));
using Halves = std::uint64_t __attribute__((vector_size(16)));

template <class Word>
Word copy_word(char* at, std::string_view text, std::size_t from) {
  Word word;
  std::memcpy(&word, text.data() + from, sizeof word);
  std::memcpy(at + from, &word, sizeof word);
  return word;
}

// Sees bytes, and tells whether one of them was a control character, a quote, a backslash, DEL or not ASCII.
class SpecialBytes {
 public:
  void see(Bytes bytes) {
    const Bytes from_space = bytes - ' ';  // 95 characters; what is below wraps around
    const Bytes from_quote = bytes ^ '"';
    const Bytes from_backslash = bytes ^ '\\';
    highest_ = highest_ > from_space ? highest_ : from_space;
    lowest_ = lowest_ < from_quote ? lowest_ : from_quote;
    lowest_ = lowest_ < from_backslash ? lowest_ : from_backslash;
  }
  void see(std::uint64_t first, std::uint64_t last) { see(reinterpret_cast<Bytes>(Halves{first, last})); }
  bool any() const {
    const auto found = reinterpret_cast<Halves>((highest_ > kLastPlain) | (lowest_ == 0));
    return (found[0] | found[1]) != 0;
  }

 private:
  static constexpr unsigned char kLastPlain = '~' - ' ';

  Bytes highest_{};
  Bytes lowest_ = ~Bytes{};
};

// Copies the text and tells whether it needed no escape. Words overlap at the end, so that nothing goes byte
// by byte.
[[gnu::always_inline]] inline bool copy_plain(char* at, std::string_view text) {
  const std::size_t size = text.size();
  SpecialBytes special;
  if (size >= 16) {
    special.see(copy_word<Bytes>(at, text, size - 16));
    for (std::size_t i = 0; i + 16 < size; i += 16) special.see(copy_word<Bytes>(at, text, i));
  } else if (size >= 8) {
    special.see(copy_word<std::uint64_t>(at, text, 0), copy_word<std::uint64_t>(at, text, size - 8));
  } else if (size >= 4) {
    const std::uint64_t first = copy_word<std::uint32_t>(at, text, 0);
    const std::uint64_t word = first << 32 | copy_word<std::uint32_t>(at, text, size - 4);
    special.see(word, word);
  } else {
    std::uint64_t word = 0x2020202020202020;
    for (std::size_t i = 0; i < size; ++i) {
      at[i] = text[i];
      word = word << 8 | static_cast<unsigned char>(text[i]);
    }
    special.see(word, word);
  }
  return !special.any();
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

char* put_code_point(char* at, unsigned char value) {
  at = std::ranges::copy(std::string_view("\\u00"), at).out;
  *at++ = kHex[value >> 4];
  *at++ = kHex[value & 15];
  return at;
}

char* put_stray_byte(char* at, unsigned char value) {
  at = std::ranges::copy(std::string_view("\\\\x"), at).out;
  *at++ = kHex[value >> 4];
  *at++ = kHex[value & 15];
  return at;
}

enum class Quotes { escaped, spelled_out };

// Writes the first character of `text` and takes it off.
template <Quotes How>
char* put_character(char* at, std::string_view& text) {
  const auto c = static_cast<unsigned char>(text.front());
  const std::size_t length = c < 0x80 ? 1 : sequence_length(text);
  const std::string_view character = text.substr(0, length);
  text.remove_prefix(length == 0 ? 1 : length);
  if (length == 0) return put_stray_byte(at, c);
  if (c < 0x20 || c == 0x7f) return put_code_point(at, c);
  const bool c1_control = c == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
  if (c1_control) return put_code_point(at, static_cast<unsigned char>(character[1]));
  if (How == Quotes::spelled_out && c == '"') return put_code_point(at, c);
  if (c == '"' || c == '\\') *at++ = '\\';
  std::memcpy(at, character.data(), length);
  return at + length;
}

template <Quotes How>
[[gnu::noinline]] char* put_slowly(char* at, std::string_view text, std::size_t longest) {
  const bool cut = text.size() > longest;
  if (cut) text = text.substr(0, longest);
  while (!text.empty()) at = put_character<How>(at, text);
  if (cut) at = std::copy_n("...", 3, at);
  return at;
}

template <Quotes How>
char* put_text(char* at, std::string_view text, std::size_t longest) {
  if (text.size() <= longest && copy_plain(at, text)) return at + text.size();
  return put_slowly<How>(at, text, longest);
}

}  // namespace

char* put_json_text(char* at, std::string_view text, std::size_t longest) {
  return put_text<Quotes::escaped>(at, text, longest);
}

char* put_quoteless_text(char* at, std::string_view text) {
  return put_text<Quotes::spelled_out>(at, text, kLongestText);
}

}  // namespace weir::observe
