#pragma once

#include <expected>
#include <string>

#include "lb/admin/client.h"

namespace weir::admin {

// What a change did, in the words of its command.
enum class Change { registered, deregistered, drained, undrained, shifted, unshifted };

// The answer to a change as one line that says what happens next: "10.0.0.1:80 of app drains: no new
// requests, 3 in flight, cut in 300 s". What the daemon says is escaped. The error says that the answer is
// none of weir's.
std::expected<std::string, std::string> change_text(Change change, const Reply& reply);

}  // namespace weir::admin
