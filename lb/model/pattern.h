#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lb/model/wildcard.h"

namespace re2 {
class RE2;
}

// What a text in the configuration stands for when another text is held against it:
//
//   ~EXPRESSION   an RE2 expression, found anywhere
//   =TEXT         exactly this
//   anything else a Wildcard: `*` stands for any bytes, `?` for one; the whole text has to match
//
// A value; copies share what was compiled. Any thread. All matching takes time linear in the text's length,
// so no pattern of a configuration can stop a worker.
namespace weir::model {

class Pattern {
 public:
  using Case = Wildcard::Case;

  // The error says what is wrong with the text.
  static std::expected<Pattern, std::string> parse(std::string_view text, Case letters = Case::sensitive);
  // A substring, or with a leading ~ an expression: for texts too long to be matched as a whole.
  static std::expected<Pattern, std::string> parse_part(std::string_view text);

  bool matches(std::string_view text) const;
  // Whether every text that `other` matches is matched here too. False may mean: not found out.
  bool covers(const Pattern& other) const;

  // As it was written.
  const std::string& text() const { return text_; }
  Case letters() const { return letters_; }
  bool is_expression() const { return kind_ == Kind::expression; }

  // For indexes. All are in lower case if letters may be of either case; they live as long as the pattern.
  // The only text that matches, if there is only one.
  std::optional<std::string_view> exact() const;
  // LITERAL of a pattern `LITERAL*`: all texts that begin with it match, and no others. So too with `*`
  // alone.
  std::optional<std::string_view> prefix() const;
  // LITERAL of `*LITERAL`.
  std::optional<std::string_view> suffix() const;
  // What all matching texts begin and end with, as far as that is known.
  std::string_view literal_prefix() const;
  std::string_view literal_suffix() const;

  // For an expression: the text with the first match replaced, where $1 to $9 are the match's groups and $$
  // is a dollar sign; absent: no match. The replacement is one that check_replacement() takes; its error says
  // what is wrong.
  std::optional<std::string> replace_first(std::string_view text, std::string_view replacement) const;
  std::expected<void, std::string> check_replacement(std::string_view replacement) const;

  friend bool operator==(const Pattern& a, const Pattern& b) {
    return a.text_ == b.text_ && a.kind_ == b.kind_ && a.letters_ == b.letters_;
  }

 private:
  enum class Kind { expression, exact, wildcard, part };

  Pattern(std::string_view text, Kind kind, Case letters) : text_(text), kind_(kind), letters_(letters) {}

  std::string text_;
  Kind kind_;
  Case letters_;
  std::shared_ptr<const re2::RE2> expression_;  // of expressions
  std::shared_ptr<const Wildcard> wildcard_;    // of exact texts and wildcards
};

}  // namespace weir::model
