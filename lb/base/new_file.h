#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace weir::base {

// A file for its owner alone, whole and on the disk, or not at all; never over one that is there. It belongs
// to whom its directory belongs. The error is an errno: EEXIST means that there is one, and then nothing is
// written, so that a full or a read-only disk does not matter.
std::expected<void, int> write_new_file(const std::string& path, std::string_view text);

}  // namespace weir::base
