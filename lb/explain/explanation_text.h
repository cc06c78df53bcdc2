#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "lb/admin/words.h"

namespace weir::explain {

// The document of POST /api/v1/explain for a terminal of 80 columns. What it says of requests and
// configurations is escaped. The error says that the text is no such document.
std::expected<std::string, std::string> explanation_text(std::string_view json, admin::Colour colour);

}  // namespace weir::explain
