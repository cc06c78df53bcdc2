#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lb/base/address.h"

namespace weir::wire {

// Whose certificate a target has to have for a request that is sent with this Host: `configured`, or the
// Host's own name, without its port. Where that is no name, as without any, it is the target's address. Pure.
std::string server_name_for(const std::optional<std::string>& configured, std::string_view authority,
                            const base::SocketAddress& target);

}  // namespace weir::wire
