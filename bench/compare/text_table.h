#pragma once

#include <string>
#include <vector>

namespace weir::bench::compare {

// A table of Markdown whose columns are lined up, so that it reads as well in a terminal. The first column is
// aligned left, the others right; text columns can be made left, too.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> heading) : rows_{std::move(heading)} {}

  // As many cells as the heading has; missing ones are empty.
  void add(std::vector<std::string> row);
  void align_left(std::size_t column) { left_.push_back(column); }
  bool empty() const { return rows_.size() == 1; }
  std::string to_string() const;

 private:
  bool is_left(std::size_t column) const;

  std::vector<std::vector<std::string>> rows_;  // the heading first
  std::vector<std::size_t> left_{0};
};

}  // namespace weir::bench::compare
