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

// Of the first characters of a text, in bytes.
std::size_t size_of(std::string_view text, std::size_t characters) {
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (begins_character(text[end]) && characters-- == 0) break;
  }
  return end;
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
  return std::string(text.substr(0, size_of(text, width - 1))) + "~";
}

std::string cut_middle(std::string_view text, std::size_t width) {
  const std::size_t whole = width_of(text);
  if (whole <= width) return std::string(text);
  if (width == 0) return {};
  const std::size_t behind = (width - 1) / 2;
  const std::size_t before = width - 1 - behind;
  return std::string(text.substr(0, size_of(text, before))) + "~" +
         std::string(text.substr(size_of(text, whole - behind)));
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

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    widths.push_back(width_of(columns_[i].heading));
    for (const auto& row : rows_) widths[i] = std::max(widths[i], width_of(row[i].text));
  }
  return widths;
}

Table::Shape Table::shape(std::size_t width) const {
  Shape shape{widths(), std::vector<bool>(columns_.size(), true)};
  if (width == 0) return shape;
  leave_out(shape, width);
  const auto narrow = [&](std::size_t least, const auto& may) {
    while (total(shape.widths, shape.shown) > width) {
      std::optional<std::size_t> widest;
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        const bool wide = shape.shown[i] && may(columns_[i]) && shape.widths[i] > least;
        if (wide && (!widest || shape.widths[i] > shape.widths[*widest])) widest = i;
      }
      if (!widest) return;
      --shape.widths[*widest];
    }
  };
  narrow(kNameWidth, [](const Column& column) { return column.names; });
  narrow(kNarrowest, [](const Column&) { return true; });
  return shape;
}

// So many spare columns that there is room for the others, with names as short as they may get.
void Table::leave_out(Shape& shape, std::size_t width) const {
  std::vector<std::size_t> least = shape.widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].names) least[i] = std::min(least[i], kNameWidth);
  }
  while (total(least, shape.shown) > width) {
    std::optional<std::size_t> next;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (shape.shown[i] && columns_[i].spare > (next ? columns_[*next].spare : 0)) next = i;
    }
    if (!next) return;
    shape.shown[*next] = false;
  }
}

std::string Table::line(const std::vector<Cell>& cells, const Shape& shape, const Paint& paint) const {
  std::string text;
  bool first = true;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!shape.shown[i]) continue;
    if (!std::exchange(first, false)) text += kGap;
    const std::string content =
        columns_[i].names ? cut_middle(cells[i].text, shape.widths[i]) : cut(cells[i].text, shape.widths[i]);
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
