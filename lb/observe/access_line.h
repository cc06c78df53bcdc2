#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/observe/json_text.h"

namespace weir::observe {

// "00" to "99".
inline constexpr auto kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// A string literal as an argument of a template. Its bytes are rounded up to what can be moved at once: what
// is written behind its end is written over by what comes next.
template <std::size_t Count>
struct Literal {
  static constexpr std::size_t kSize = Count - 1;  // without its terminator
  static constexpr std::size_t kPadded = kSize <= 8 ? kSize : (kSize + 15) / 16 * 16;

  // NOLINTNEXTLINE(google-explicit-constructor): it is the literal.
  consteval Literal(const char (&text)[Count]) { std::copy_n(text, kSize, padded); }

  char padded[kPadded] = {};
};

// These write something and return where it ends.
char* put_number(char* at, std::uint64_t value);
// With six places, or -1.
char* put_seconds(char* at, base::Duration duration);
// With three places, or -1.
char* put_coarse_seconds(char* at, base::Duration duration);

// A line in the making, in memory that is large enough, with kSlack bytes to spare where literals of more
// than 8 bytes are written. What it does is short, or is done by a function that gets the place and returns
// the next one: so that the place stays in a register.
class AccessLine {
 public:
  static constexpr std::size_t kSlack = 15;

  // Texts of JSON that are longer than `longest` are cut.
  explicit AccessLine(char* at, std::size_t longest = kLongestText) : at_(at), longest_(longest) {}

  char* end() const { return at_; }

  template <Literal Text>
  void literal() {
    std::memcpy(at_, Text.padded, sizeof Text.padded);
    at_ += Text.kSize;
  }
  void raw(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  void put(char c) { *at_++ = c; }
  // Memory of a size that the compiler knows.
  template <std::size_t Size>
  void block(const char* bytes) {
    std::memcpy(at_, bytes, Size);
    at_ += Size;
  }
  // Whether these bytes are the literal, which is then written.
  template <Literal Text>
  bool same_literal(std::string_view bytes) {
    if (bytes.size() != Text.kSize || std::memcmp(bytes.data(), Text.padded, Text.kSize) != 0) return false;
    literal<Text>();
    return true;
  }
  // What stands in a string of JSON.
  void escaped(std::string_view bytes) {
    if (!bytes.empty()) at_ = put_json_text(at_, bytes, longest_);
  }
  // The same without a quote in it.
  void quoteless(std::string_view bytes) { at_ = put_quoteless_text(at_, bytes); }
  // `-` for what is not there.
  void text_or_dash(std::string_view bytes) {
    if (bytes.empty()) return put('-');
    quoteless(bytes);
  }
  void number(std::uint64_t value) {
    if (value < 10) return put(static_cast<char>('0' + value));
    at_ = put_number(at_, value);
  }
  // Three digits, as a rule.
  void status(unsigned value) {
    if (value < 100 || value > 999) return number(value);
    three_digits(value);
  }
  // With zeros in front.
  void three_digits(std::uint32_t value) {
    put(static_cast<char>('0' + value / 100));
    pair(value % 100);
  }
  void six_digits(std::uint32_t value) {
    pair(value / 10'000);
    pair(value / 100 % 100);
    pair(value % 100);
  }
  void seconds(base::Duration duration) {
    if (static_cast<std::uint64_t>(duration.count()) >= 1'000'000'000) {
      at_ = put_seconds(at_, duration);
      return;
    }
    const auto micros = static_cast<std::uint32_t>(duration.count()) / 1000;
    literal<"0.">();
    six_digits(micros);
  }
  void coarse_seconds(base::Duration duration) { at_ = put_coarse_seconds(at_, duration); }

 private:
  void pair(std::uint32_t below_hundred) {
    std::memcpy(at_, &kDigitPairs[std::size_t{2} * below_hundred], 2);
    at_ += 2;
  }

  char* at_;
  const std::size_t longest_;
};

}  // namespace weir::observe
