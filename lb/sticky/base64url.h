#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// The base64 of URLs and cookies (RFC 4648 5), without padding. Only of whole groups: 3 bytes, 4 characters.
namespace weir::sticky {

constexpr std::size_t base64url_size(std::size_t bytes) { return bytes / 3 * 4; }

// `bytes.size()` is a multiple of 3; `to` has room for base64url_size() characters.
void encode_base64url(std::span<const std::uint8_t> bytes, char* to);

// `text.size()` is a multiple of 4. False: another character is among them, and what is at `to` is nothing.
bool decode_base64url(std::string_view text, std::uint8_t* to);

}  // namespace weir::sticky
