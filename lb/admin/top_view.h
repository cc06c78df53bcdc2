#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lb/admin/words.h"

namespace weir::admin {

// What stands on top: what is in trouble, what gets most requests, what is slowest, or the names in order.
enum class TopSort : std::uint8_t { trouble, requests, latency, name };
inline constexpr std::size_t kTopSorts = 4;
std::string_view word(TopSort sort);

// What is shown of it, and how.
struct TopView {
  std::size_t rows = 0;  // of the terminal; 0: all lines, and no line of keys
  std::size_t columns = 80;
  TopSort sort = TopSort::trouble;
  std::string group = {};   // of targets, this one alone; empty: all
  std::size_t scroll = 0;   // lines that are above
  std::string notice = {};  // what does not go well, in a line; empty: nothing
  Colour colour = Colour::off;
};

enum class TopKey : std::uint8_t { quit, up, down, page_up, page_down, home, end, sort, group };

// The keys in what a terminal sent; what else there is of it means nothing.
std::vector<TopKey> top_keys(std::string_view bytes);

// `groups`: the names there are, in their order; `most_scroll`: see TopFrame. Of `quit` nothing changes.
TopView after(TopView view, TopKey key, const std::vector<std::string>& groups, std::size_t most_scroll);

}  // namespace weir::admin
