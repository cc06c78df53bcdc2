#pragma once

#include <string>

#include "lb/admin/client.h"

namespace weir::admin {

// Why the daemon at `address` did not do what it was asked: the sentence of its problem document, that it
// wants its token, or its status. The sentence is as it came: escape it.
std::string refusal_text(const Reply& reply, const std::string& address);

}  // namespace weir::admin
