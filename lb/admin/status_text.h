#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace weir::admin {

enum class Colour { off, on };

// The document of /api/v1/status as tables for a terminal. What the daemon says is escaped. The error says
// that the text is no such document.
std::expected<std::string, std::string> status_text(std::string_view json, Colour colour);

}  // namespace weir::admin
