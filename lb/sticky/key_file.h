#pragma once

#include <expected>
#include <memory>
#include <string>

#include "lb/sticky/keys.h"

// The file that keys come from. Blocks; errors say what and why, never what the file holds.
namespace weir::sticky {

std::expected<std::shared_ptr<const Keys>, std::string> load_keys(const std::string& path);

// For a node of its own, without secrets.cookie_keys_file: the key is made if there is no file yet, for its
// owner alone to read. Of two processes that do so at the same time, both come to use the same key.
std::expected<std::shared_ptr<const Keys>, std::string> load_or_make_keys(const std::string& path);

// Keys of this process alone, where there is no state directory.
std::expected<std::shared_ptr<const Keys>, std::string> make_keys();

}  // namespace weir::sticky
