#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace weir::config {

// The brackets and quotes of a YAML text up to some byte, found without understanding the rest: good
// enough to explain why a parser stopped there, and for nothing else.
struct Outline {
  struct Span {
    std::size_t begin;
    std::size_t end;  // behind the closing character
  };
  struct Bracket {
    std::size_t at;
    bool in_word;  // right behind a character of a plain value, as in v[0-9]
  };

  std::vector<Bracket> open;           // the innermost last
  std::optional<Span> quoted;          // the last quoted text that was closed
  std::optional<std::size_t> closing;  // the last bracket that closed another
};

Outline outline_of(std::string_view text, std::size_t end);

// Behind the quote that closes the one at `begin`; npos without any.
std::size_t end_of_quoted(std::string_view text, std::size_t begin);

}  // namespace weir::config
