#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// What the text of an explanation is set with.
namespace weir::explain {

// Bytes of what was asked that a line repeats.
inline constexpr std::size_t kShown = 100;

// Escaped, but for the quotes and backslashes that stand in so many headers and patterns: they do no harm to
// a terminal. At most `most` bytes of the text are shown.
std::string shown(std::string_view text, std::size_t most);

// A line of two columns.
std::string labelled(std::string_view label, std::string_view text);

// Each line with two spaces before it.
std::string indented(std::string_view text);

// Words in lines of at most 80 columns; those behind the first begin with `indent`.
std::string wrapped(std::string_view text, std::string_view indent);

}  // namespace weir::explain
