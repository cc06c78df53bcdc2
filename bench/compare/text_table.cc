#include "bench/compare/text_table.h"

#include <algorithm>

namespace weir::bench::compare {
namespace {

// Columns on a terminal: characters of UTF-8, none of which is a wide one here.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width, bool left) {
  const std::string space(width - std::min(width, width_of(text)), ' ');
  return left ? text + space : space + text;
}

}  // namespace

void TextTable::add(std::vector<std::string> row) {
  row.resize(rows_.front().size());
  rows_.push_back(std::move(row));
}

bool TextTable::is_left(std::size_t column) const { return std::ranges::find(left_, column) != left_.end(); }

std::string TextTable::to_string() const {
  const std::size_t columns = rows_.front().size();
  std::vector<std::size_t> widths(columns, 3);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  const auto line = [&](const auto& cell) {
    text += '|';
    for (std::size_t i = 0; i < columns; ++i) text += ' ' + cell(i) + " |";
    text += '\n';
  };
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    line([&](std::size_t i) { return padded(rows_[r][i], widths[i], is_left(i)); });
    if (r > 0) continue;
    line([&](std::size_t i) {
      return is_left(i) ? std::string(widths[i], '-') : std::string(widths[i] - 1, '-') + ':';
    });
  }
  return text;
}

}  // namespace weir::bench::compare
