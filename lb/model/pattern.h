#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

// What a text in the configuration stands for when another text is held against it:
//
//   ~EXPRESSION   an RE2 expression, found anywhere
//   =TEXT         exactly this
//   anything else `*` stands for any characters, `?` for one; the whole text has to match
//
// A value; copies share the compiled expression. Any thread. RE2 takes time linear in the text's length, so
// no pattern of a configuration can stop a worker.
namespace weir::model {

class Pattern {
 public:
  enum class Case { sensitive, insensitive };

  // The error says what is wrong with the expression.
  static std::expected<Pattern, std::string> parse(std::string_view text, Case letters = Case::sensitive);
  // A substring, or with a leading ~ an expression: for texts too long to be matched as a whole.
  static std::expected<Pattern, std::string> parse_part(std::string_view text);

  bool matches(std::string_view text) const;
  // As it was written.
  const std::string& text() const { return text_; }

  friend bool operator==(const Pattern& a, const Pattern& b) {
    return a.text_ == b.text_ && a.kind_ == b.kind_ && a.letters_ == b.letters_;
  }

 private:
  enum class Kind { expression, exact, wildcard, part };

  Pattern(std::string_view text, Kind kind, Case letters) : text_(text), kind_(kind), letters_(letters) {}

  std::string text_;
  Kind kind_;
  Case letters_;
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace weir::model
