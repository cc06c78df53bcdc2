#pragma once

#include <fmt/format.h>

#include <concepts>
#include <span>
#include <string>
#include <string_view>

#include "lb/observe/json_text.h"

namespace weir::admin {

// Writes JSON on one line, value by value, for documents too large to be built as a tree first. The caller
// opens and closes what it nests; commas are written here.
class JsonLine {
 public:
  void open(char bracket) {
    comma();
    text_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    text_ += bracket;
    first_ = false;
  }
  void key(std::string_view name) {
    value(name);
    text_ += ':';
    first_ = true;
  }

  void value(std::string_view text) {
    comma();
    const std::size_t size = text_.size();
    text_.resize_and_overwrite(size + observe::json_room(text.size()) + 2, [&](char* bytes, std::size_t) {
      char* at = bytes + size;
      *at++ = '"';
      at = observe::put_json_text(at, text);
      *at++ = '"';
      return static_cast<std::size_t>(at - bytes);
    });
  }
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(std::same_as<bool> auto yes) {
    comma();
    text_ += yes ? "true" : "false";
  }
  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  void value(Number number) {
    comma();
    const fmt::format_int digits(number);
    text_.append(digits.data(), digits.size());
  }
  void value(double number) {
    comma();
    fmt::format_to(std::back_inserter(text_), "{}", number);
  }
  void null() {
    comma();
    text_ += "null";
  }

  template <class Value>
  void member(std::string_view name, const Value& of) {
    key(name);
    value(of);
  }

  std::string take() { return std::move(text_); }

 private:
  void comma() {
    if (!first_) text_ += ',';
    first_ = false;
  }

  std::string text_;
  bool first_ = true;
};

}  // namespace weir::admin
