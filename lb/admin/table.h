#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/admin/words.h"

namespace weir::admin {

// Columns of text under a heading, as wide as their widest cell.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string heading;
    Align align = Align::left;
    unsigned spare =
        0;  // columns with the highest number are left out first, where there is no room; 0: never
    bool names = false;  // long ones are cut down to kNameWidth before a column is left out
  };
  struct Cell {
    // NOLINTNEXTLINE(google-explicit-constructor): a cell is its text.
    Cell(std::string of, std::string_view in = {}) : text(std::move(of)), colour(in) {}
    Cell(const char* of) : text(of) {}  // NOLINT(google-explicit-constructor)

    std::string text;
    std::string_view colour;  // a code of words.h; empty: none
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns.
  void add(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  // Of the whole of it.
  std::size_t width() const;

  static constexpr std::size_t kNameWidth = 24;

  // The heading and the rows, in at most `width` characters each; 0: as wide as they are. Where that is too
  // little, names are cut, with a '~' in the middle, then spare columns are left out, and then the widest
  // texts are cut, with a '~' at their end.
  std::vector<std::string> lines(const Paint& paint, std::size_t width = 0) const;
  std::string text(const Paint& paint, std::size_t width = 0) const;

 private:
  struct Shape {
    std::vector<std::size_t> widths;
    std::vector<bool> shown;
  };
  Shape shape(std::size_t width) const;
  std::vector<std::size_t> widths() const;
  void leave_out(Shape& shape, std::size_t width) const;
  std::string line(const std::vector<Cell>& cells, const Shape& shape, const Paint& paint) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// In characters: bytes that begin one, in UTF-8.
std::size_t width_of(std::string_view text);
// At most so many of them, with a '~' at the end where some are left out.
std::string cut(std::string_view text, std::size_t width);
// Likewise, with the '~' in the middle: names differ at both ends.
std::string cut_middle(std::string_view text, std::size_t width);
// Words in lines of at most `width` of them; those behind the first begin with `indent`. Longer words stay.
std::string wrapped(std::string_view text, std::size_t width, std::string_view indent);

}  // namespace weir::admin
