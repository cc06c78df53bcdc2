#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace weir::admin {

// The decoded value of a parameter in "a=1&b=2"; absent if it is not there. The error says that it is given
// twice or badly encoded. Other parameters are none of its business.
std::expected<std::optional<std::string>, std::string> query_value(std::string_view query,
                                                                   std::string_view name);

}  // namespace weir::admin
