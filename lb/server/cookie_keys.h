#pragma once

#include <expected>
#include <memory>
#include <string>

#include "lb/model/snapshot.h"
#include "lb/server/start_error.h"
#include "lb/sticky/keys.h"

namespace weir::server {

// Whether anything of the configuration binds clients by a cookie.
bool is_sticky(const model::Snapshot& snapshot);

// The keys of weir's cookies: secrets.cookie_keys_file's, else one that is kept in the state directory, else
// one of this process alone. Null if nothing is sticky. Blocks.
std::expected<std::shared_ptr<const sticky::Keys>, StartError> cookie_keys(const model::Snapshot& snapshot);

// Those of them that there are already; makes none. The error says why there are none.
std::expected<std::shared_ptr<const sticky::Keys>, std::string> present_cookie_keys(
    const model::Snapshot& snapshot);

}  // namespace weir::server
