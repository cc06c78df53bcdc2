#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "lb/admin/words.h"

namespace weir::admin {

// The document of /api/v1/status as tables for a terminal of so many columns; 0: as wide as they are. What
// the daemon says is escaped. The error says that the text is no such document.
std::expected<std::string, std::string> status_text(std::string_view json, Colour colour,
                                                    std::size_t columns = 0);

}  // namespace weir::admin
