#include "lb/admin/table.h"

#include <algorithm>
#include <optional>

namespace weir::admin {
namespace {

constexpr std::string_view kGap = "  ";
constexpr std::size_t kNarrowest = 8;  // of what is cut

bool begins_character(char c) { return (c & 0xC0) != 0x80; }

std::size_t total(const std::vector<std::size_t>& widths, const std::vector<bool>& shown) {
  std::size_t sum = 0, columns = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (shown[i]) sum += widths[i], ++columns;
  }
  return sum + (columns > 0 ? (columns - 1) * kGap.size() : 0);
}

std::string without_end(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::string cut(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t end = 0;
  for (std::size_t characters = 0; end < text.size(); ++end) {
    if (begins_character(text[end]) && characters++ == width - 1) break;
  }
  return std::string(text.substr(0, end)) + "~";
}

std::string wrapped(std::string_view text, std::size_t width, std::string_view indent) {
  std::string result;
  std::size_t taken = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (taken > 0 && taken + 1 + width_of(word) > width) {
      result.append("\n").append(indent).append(word);
      taken = indent.size() + width_of(word);
    } else {
      result.append(taken > 0 ? " " : "").append(word);
      taken += (taken > 0 ? 1 : 0) + width_of(word);
    }
  }
  return result;
}

std::size_t Table::width() const {
  const Shape whole = shape(0);
  return total(whole.widths, whole.shown);
}

Table::Shape Table::shape(std::size_t width) const {
  Shape shape{std::vector<std::size_t>(columns_.size()), std::vector<bool>(columns_.size(), true)};
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    shape.widths[i] = width_of(columns_[i].heading);
    for (const auto& row : rows_) shape.widths[i] = std::max(shape.widths[i], width_of(row[i].text));
  }
  while (width != 0 && total(shape.widths, shape.shown) > width) {
    std::optional<std::size_t> next;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (shape.shown[i] && columns_[i].spare > (next ? columns_[*next].spare : 0)) next = i;
    }
    if (!next) break;
    shape.shown[*next] = false;
  }
  while (width != 0 && total(shape.widths, shape.shown) > width) {
    const auto widest = std::ranges::max_element(shape.widths, {}, [&](const std::size_t& one) {
      return shape.shown[static_cast<std::size_t>(&one - shape.widths.data())] ? one : 0;
    });
    if (*widest <= kNarrowest) break;
    --*widest;
  }
  return shape;
}

std::string Table::line(const std::vector<Cell>& cells, const Shape& shape, const Paint& paint) const {
  std::string text;
  bool first = true;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!shape.shown[i]) continue;
    if (!std::exchange(first, false)) text += kGap;
    const std::string content = cut(cells[i].text, shape.widths[i]);
    const std::string padding(shape.widths[i] - width_of(content), ' ');
    const bool right = columns_[i].align == Align::right;
    if (right) text += padding;
    text += cells[i].colour.empty() ? content : paint.text(cells[i].colour, content);
    if (!right) text += padding;
  }
  return without_end(std::move(text));
}

std::vector<std::string> Table::lines(const Paint& paint, std::size_t width) const {
  const Shape shape = this->shape(width);
  std::vector<Cell> headings;
  for (const Column& column : columns_) headings.emplace_back(column.heading);
  std::vector<std::string> lines{std::string(paint(kBold)) + line(headings, shape, Paint(Colour::off)) +
                                 std::string(paint(kPlain))};
  for (const auto& row : rows_) lines.push_back(line(row, shape, paint));
  return lines;
}

std::string Table::text(const Paint& paint, std::size_t width) const {
  std::string text;
  for (const std::string& line : lines(paint, width)) text += line + "\n";
  return text;
}

}  // namespace weir::admin
