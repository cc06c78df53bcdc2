#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

// The Huffman code of HPACK (RFC 7541 5.2, Appendix B).
namespace weir::http {

// How many bytes a text of `size` coded bytes has at most: no code is shorter than 5 bits.
constexpr std::size_t huffman_room(std::size_t size) { return size * 8 / 5 + 1; }

// Decodes into `to`, which has room. The bytes written; absent for a code or padding against the rules.
std::optional<std::size_t> decode_huffman(std::string_view coded, char* to);

}  // namespace weir::http
