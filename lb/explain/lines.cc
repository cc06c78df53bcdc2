#include "lb/explain/lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/base/text.h"

namespace weir::explain {

std::string shown(std::string_view text, std::size_t most) {
  const std::string escaped = base::escape(text, most);
  std::string result;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] == '\\' && i + 1 < escaped.size() && (escaped[i + 1] == '"' || escaped[i + 1] == '\\'))
      ++i;
    result += escaped[i];
  }
  return result;
}

std::string labelled(std::string_view label, std::string_view text) {
  return fmt::format("{:<12}{}\n", label, text);
}

std::string indented(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    result += fmt::format("  {}\n", text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

std::string wrapped(std::string_view text, std::string_view indent) {
  constexpr std::size_t kColumns = 80;
  std::string result;
  std::size_t column = indent.size();
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view one = text.substr(0, end);
    if (!result.empty() && column + 1 + one.size() > kColumns) {
      result += fmt::format("\n{}", indent);
      column = indent.size();
    } else if (!result.empty()) {
      result += ' ';
      ++column;
    }
    result += one;
    column += one.size();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

}  // namespace weir::explain
