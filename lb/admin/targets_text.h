#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "lb/admin/words.h"

namespace weir::admin {

// The document of /api/v1/targets as a table, with a line for each group that is not ready or fails open and
// for each zone that is shifted. `columns` is how wide a terminal is; 0: any width. Where the whole table is
// wider, the reasons and probes of targets that are not well follow it as lines. What the daemon says is
// escaped. The error says that the text is no such document.
std::expected<std::string, std::string> targets_text(std::string_view json, Colour colour,
                                                     std::size_t columns = 0);

}  // namespace weir::admin
