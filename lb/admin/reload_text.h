#pragma once

#include <expected>
#include <string>

#include "lb/admin/client.h"
#include "lb/admin/words.h"

namespace weir::admin {

// The answer to a reload for a terminal: each change on a line of its own, and what is to be done next. What
// the daemon says is escaped. The error says that the answer is none of weir's.
std::expected<std::string, std::string> reload_text(const Reply& reply, Colour colour);

// Why it was refused: each diagnostic as `weir check` prints it, or else the daemon's sentence.
std::string reload_refusal_text(const Reply& reply, const std::string& address);

}  // namespace weir::admin
