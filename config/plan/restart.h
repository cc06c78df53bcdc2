#pragma once

#include <string_view>

namespace weir::config {

// Whether a key of a section of the file is one that only a restart changes.
bool needs_restart(std::string_view section, std::string_view key);

}  // namespace weir::config
