#pragma once

#include <optional>
#include <string>
#include <string_view>

// Percent encoding (RFC 3986 2.1), for segments of paths and values of queries.
namespace weir::admin {

// Absent if a '%' is not followed by two hexadecimal digits.
std::optional<std::string> decode_percent(std::string_view text);

// Everything but unreserved characters and the ':' is encoded, so that the result is one segment.
std::string encode_percent(std::string_view text);

}  // namespace weir::admin
