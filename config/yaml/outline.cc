#include "config/yaml/outline.h"

#include <algorithm>

namespace weir::config {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

class Scanner {
 public:
  Scanner(std::string_view text, std::size_t end) : text_(text), end_(std::min(end, text.size())) {}

  Outline scan() {
    for (at_ = 0; at_ < end_; ++at_) {
      const char c = text_[at_];
      if (is_blank(c)) continue;
      if (c == '#' && (at_ == 0 || is_blank(text_[at_ - 1]) || text_[at_ - 1] == '\n')) {
        at_ = std::min(text_.find('\n', at_), end_);
        before_ = '\n';
      } else {
        before_ = step(c);
      }
    }
    return std::move(outline_);
  }

 private:
  // Returns what the next character shall see before it.
  char step(char c) {
    const bool start = token_start();
    if (start && (c == '"' || c == '\'')) {
      const std::size_t end = end_of_quoted(text_, at_);
      if (end <= end_) outline_.quoted = Outline::Span{at_, end};
      at_ = std::min(end, end_) - 1;
    } else if ((c == '[' || c == '{') && (start || in_flow())) {
      outline_.open.push_back({.at = at_, .in_word = !start});
    } else if ((c == ']' || c == '}') && in_flow()) {
      outline_.open.pop_back();
      outline_.closing = at_;
    }
    return c;
  }

  bool in_flow() const { return !outline_.open.empty(); }

  bool token_start() const {
    if (before_ == '\n') return true;
    if (in_flow() && (before_ == ',' || before_ == '[' || before_ == '{')) return true;
    return (before_ == ':' || before_ == '-' || before_ == '?') && is_blank(text_[at_ - 1]);
  }

  std::string_view text_;
  std::size_t end_;
  std::size_t at_ = 0;
  char before_ = '\n';
  Outline outline_;
};

}  // namespace

std::size_t end_of_quoted(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 == text.size() || text[i + 1] != quote) return i + 1;
      ++i;  // '' is a quote inside of single quotes
    }
  }
  return std::string_view::npos;
}

Outline outline_of(std::string_view text, std::size_t end) { return Scanner(text, end).scan(); }

}  // namespace weir::config
