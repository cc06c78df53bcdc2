#include "lb/model/pattern.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lb/base/text.h"

namespace weir::model {
namespace {

constexpr std::int64_t kExpressionMemory = 1 << 20;
constexpr int kMostGroups = 9;

re2::StringPiece piece_of(std::string_view text) { return {text.data(), text.size()}; }

std::expected<std::shared_ptr<const re2::RE2>, std::string> compile(std::string_view text,
                                                                    Pattern::Case letters) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kExpressionMemory);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // bytes: a text need not be UTF-8
  options.set_case_sensitive(letters == Pattern::Case::sensitive);
  auto expression = std::make_shared<const re2::RE2>(piece_of(text), options);
  if (!expression->ok()) return std::unexpected(expression->error());
  return expression;
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
  const bool exact = text.starts_with('=');
  auto wildcard = exact ? Wildcard::literal(text.substr(1), letters) : Wildcard::parse(text, letters);
  if (!wildcard) return std::unexpected(std::move(wildcard.error()));
  Pattern pattern(text, exact ? Kind::exact : Kind::wildcard, letters);
  pattern.wildcard_ = std::make_shared<const Wildcard>(*std::move(wildcard));
  return pattern;
}

std::expected<Pattern, std::string> Pattern::parse_part(std::string_view text) {
  if (text.starts_with('~')) return parse(text);
  return Pattern(text, Kind::part, Case::sensitive);
}

bool Pattern::matches(std::string_view text) const {
  if (wildcard_) return wildcard_->matches(text);
  if (expression_) return re2::RE2::PartialMatch(piece_of(text), *expression_);
  return text.find(text_) != std::string_view::npos;
}

bool Pattern::covers(const Pattern& other) const {
  if (*this == other || (wildcard_ && wildcard_->is_everything())) return true;
  if (wildcard_ && other.wildcard_) return wildcard_->covers(*other.wildcard_);
  const bool only_text_known = other.letters_ == Case::sensitive || letters_ == Case::insensitive;
  return other.exact() && only_text_known && matches(*other.exact());
}

std::optional<std::string_view> Pattern::exact() const {
  if (!wildcard_ || !wildcard_->is_literal()) return std::nullopt;
  return wildcard_->prefix();
}

std::optional<std::string_view> Pattern::prefix() const {
  if (!wildcard_ || wildcard_->stars() != 1 || !wildcard_->ends_with_star() || wildcard_->has_any_one()) {
    return std::nullopt;
  }
  return wildcard_->prefix();
}

std::optional<std::string_view> Pattern::suffix() const {
  if (!wildcard_ || wildcard_->stars() != 1 || !wildcard_->starts_with_star() || wildcard_->has_any_one()) {
    return std::nullopt;
  }
  return wildcard_->suffix();
}

std::string_view Pattern::literal_prefix() const {
  return wildcard_ ? wildcard_->prefix() : std::string_view();
}

std::string_view Pattern::literal_suffix() const {
  return wildcard_ ? wildcard_->suffix() : std::string_view();
}

std::expected<void, std::string> Pattern::check_replacement(std::string_view replacement) const {
  const int groups = std::min(expression_->NumberOfCapturingGroups(), kMostGroups);
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '$') continue;
    const char next = ++i < replacement.size() ? replacement[i] : '\0';
    if (next == '$') continue;
    if (!base::is_digit(next)) {
      return std::unexpected("only a digit or another $ can follow a $; write $$ for one");
    }
    if (next == '0' || next - '0' > groups) {
      return std::unexpected(groups == 0
                                 ? fmt::format("${}: the expression has no groups", next)
                                 : fmt::format("${}: the expression has the groups $1 to ${}", next, groups));
    }
  }
  return {};
}

std::optional<std::string> Pattern::replace_first(std::string_view text, std::string_view replacement) const {
  std::array<re2::StringPiece, kMostGroups + 1> found;
  const int wanted = 1 + std::min(expression_->NumberOfCapturingGroups(), kMostGroups);
  if (!expression_->Match(piece_of(text), 0, text.size(), re2::RE2::UNANCHORED, found.data(), wanted)) {
    return std::nullopt;
  }
  const auto begin = static_cast<std::size_t>(found[0].data() - text.data());
  std::string result(text.substr(0, begin));
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '$') {
      result += replacement[i];
    } else if (replacement[++i] == '$') {
      result += '$';
    } else {
      const re2::StringPiece& group = found[static_cast<std::size_t>(replacement[i] - '0')];
      if (!group.empty()) result.append(group.data(), group.size());
    }
  }
  result += text.substr(begin + found[0].size());
  return result;
}

}  // namespace weir::model
