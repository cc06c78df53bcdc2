#include "lb/model/pattern.h"

#include <re2/re2.h>

#include <utility>

#include "lb/base/text.h"

namespace weir::model {
namespace {

constexpr std::int64_t kExpressionMemory = 1 << 20;

std::expected<std::shared_ptr<const re2::RE2>, std::string> compile(std::string_view text,
                                                                    Pattern::Case letters) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kExpressionMemory);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // bytes: a text need not be UTF-8
  options.set_case_sensitive(letters == Pattern::Case::sensitive);
  auto expression = std::make_shared<const re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (!expression->ok()) return std::unexpected(expression->error());
  return expression;
}

bool same(char a, char b, Pattern::Case letters) {
  return a == b || (letters == Pattern::Case::insensitive && base::lower(a) == base::lower(b));
}

// Goes back to the last star alone: at worst the product of both lengths.
bool matches_wildcard(std::string_view pattern, std::string_view text, Pattern::Case letters) {
  std::size_t p = 0, t = 0, after_star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || same(pattern[p], text[t], letters))) {
      ++p;
      ++t;
    } else if (after_star != std::string_view::npos) {
      p = after_star;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

std::expected<Pattern, std::string> Pattern::parse(std::string_view text, Case letters) {
  if (text.starts_with('~')) {
    auto expression = compile(text.substr(1), letters);
    if (!expression) return std::unexpected(expression.error());
    Pattern pattern(text, Kind::expression, letters);
    pattern.expression_ = *std::move(expression);
    return pattern;
  }
  return Pattern(text, text.starts_with('=') ? Kind::exact : Kind::wildcard, letters);
}

std::expected<Pattern, std::string> Pattern::parse_part(std::string_view text) {
  if (text.starts_with('~')) return parse(text);
  return Pattern(text, Kind::part, Case::sensitive);
}

bool Pattern::matches(std::string_view text) const {
  switch (kind_) {
    case Kind::expression:
      return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression_);
    case Kind::exact: {
      const std::string_view wanted = std::string_view(text_).substr(1);
      return letters_ == Case::sensitive ? wanted == text : base::equals_ignoring_case(wanted, text);
    }
    case Kind::wildcard: return matches_wildcard(text_, text, letters_);
    case Kind::part: return text.find(text_) != std::string_view::npos;
  }
  return false;
}

}  // namespace weir::model
