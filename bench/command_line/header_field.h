#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace weir::bench {

// A header field as it is written on the command line, "Name: value". What frames a message and manages its
// connection (RFC 9112 6, RFC 9110 7.6.1) is not for the user to say. The error is a sentence.
std::expected<std::pair<std::string, std::string>, std::string> parse_header_field(std::string_view text);

}  // namespace weir::bench
