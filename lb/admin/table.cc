#include "lb/admin/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::admin {
namespace {

// In characters: bytes that begin one, in UTF-8.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string Table::text(std::string_view before_heading, std::string_view after_heading) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t widest = width(columns_[i].heading);
    for (const auto& row : rows_) widest = std::max(widest, width(row[i]));
    widths.push_back(widest);
  }
  const auto line = [&](auto&& cell) {
    std::string text;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string_view content = cell(i);
      const std::string padding(widths[i] - width(content), ' ');
      if (i != 0) text += "  ";
      text +=
          columns_[i].align == Align::right ? padding + std::string(content) : std::string(content) + padding;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  };
  std::string result(before_heading);
  result += line([&](std::size_t i) -> std::string_view { return columns_[i].heading; });
  result += after_heading;
  result += '\n';
  for (const auto& row : rows_)
    result += line([&](std::size_t i) -> std::string_view { return row[i]; }) + "\n";
  return result;
}

}  // namespace weir::admin
