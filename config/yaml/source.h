#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lb/model/place.h"

namespace weir::config {

// The text of one configuration file, and where things stand in it. Not movable: nodes point here.
class Source {
 public:
  // `order` is its turn among the files of one load, the first one being 0.
  Source(std::string name, std::string text, std::size_t order);
  ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  const std::string& name() const { return name_; }
  std::string_view text() const { return text_; }  // without a byte order mark
  std::size_t order() const { return order_; }

  // The one place where an offset becomes line and column, both counted from 1. A column counts
  // characters, as editors do (bytes behind the first 4096 of a line, so that the cost is bounded).
  model::Place place(std::size_t offset) const;
  std::size_t offset(const model::Place& place) const;

  std::size_t line_begin(std::size_t offset) const;
  std::string_view line(std::size_t offset) const;  // without its end, CRLF too

 private:
  std::string name_;
  std::string text_;
  std::size_t order_;
  std::vector<std::size_t> line_begins_;
};

// The length of the word at `offset`, for a caret where no node is at hand: a quoted string, or
// everything up to a space or a comma or bracket.
std::size_t word_length(const Source& source, std::size_t offset);

}  // namespace weir::config
