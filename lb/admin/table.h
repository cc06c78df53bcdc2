#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::admin {

// Columns of text under a heading, as wide as their widest cell.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string heading;
    Align align = Align::left;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }

  // `before_heading` and `after_heading` stand around the first line: colours.
  std::string text(std::string_view before_heading = {}, std::string_view after_heading = {}) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace weir::admin
