#pragma once

#include <string>
#include <vector>

#include "lb/admin/live_rates.h"
#include "lb/admin/top_view.h"

namespace weir::admin {

struct TopFrame {
  std::vector<std::string> lines;  // each of at most `columns` characters, without ends
  std::size_t most_scroll = 0;     // how far the view may scroll
};

// What `weir top` shows: the daemon, what is wrong, all traffic; and then, to scroll through, listeners,
// target groups, targets and rules. What the daemon says is escaped. Pure.
TopFrame top_frame(const LiveRates& rates, const TopView& view);

// The groups, targets and so on of the frame, each as a table with an empty line before it.
std::vector<std::string> top_tables(const LiveRates& rates, const TopView& view);

}  // namespace weir::admin
