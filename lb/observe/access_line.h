#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/observe/json_text.h"

namespace weir::observe {

// With six places, or -1. Returns where it ends.
char* put_seconds(char* at, base::Duration duration);
// With three places, or -1.
char* put_coarse_seconds(char* at, base::Duration duration);

// A line in the making, in memory that is large enough. What it does is short, or is done by a function that
// gets the place and returns the next one: so that the place stays in a register.
class AccessLine {
 public:
  // Texts of JSON that are longer than `longest` are cut.
  explicit AccessLine(char* at, std::size_t longest = kLongestText) : at_(at), longest_(longest) {}

  char* end() const { return at_; }

  // A string literal, without its terminator.
  template <std::size_t size>
  void literal(const char (&text)[size]) {
    std::memcpy(at_, text, size - 1);
    at_ += size - 1;
  }
  void raw(std::string_view bytes) {
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  void put(char c) { *at_++ = c; }
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
    at_ = std::to_chars(at_, at_ + 20, value).ptr;
  }
  void digits(std::uint64_t value, int count) {
    for (int i = count - 1; i >= 0; --i, value /= 10) at_[i] = static_cast<char>('0' + value % 10);
    at_ += count;
  }
  void seconds(base::Duration duration) { at_ = put_seconds(at_, duration); }
  void coarse_seconds(base::Duration duration) { at_ = put_coarse_seconds(at_, duration); }

 private:
  char* at_;
  const std::size_t longest_;
};

}  // namespace weir::observe
