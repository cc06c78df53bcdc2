#include "lb/http/hpack_huffman.h"

#include <array>
#include <bit>
#include <cstdint>

#include "lb/http/h2_frame.h"

namespace weir::http {
namespace {

constexpr std::size_t kSymbols = 257;
constexpr std::uint16_t kEndOfString = 256;
constexpr unsigned kLongest = 30;
constexpr unsigned kShortBits = 10;

// Of every symbol, in bits (RFC 7541 B). The code is canonical: it follows from these.
// clang-format off
constexpr std::array<std::uint8_t, kSymbols> kLengths{
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,  5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10,
    13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,
    15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,  6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7,  15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30};
// clang-format on

struct Symbol {
  std::uint16_t value = 0;
  std::uint8_t bits = 0;
};

struct Code {
  std::array<Symbol, kSymbols> in_order{};  // of their codes
  // Of each length: one more than the last code, at the top of 32 bits, and what is added to a code to get
  // its place in the order.
  std::array<std::uint64_t, kLongest + 1> end{};
  std::array<std::uint32_t, kLongest + 1> first_place{};
  std::array<std::uint32_t, kLongest + 1> first_code{};
  // By the next bits; no bits: the code is longer.
  std::array<Symbol, std::size_t{1} << kShortBits> by_bits{};
};

constexpr Code kCode = [] {
  Code code;
  std::uint32_t next = 0;
  std::uint32_t place = 0;
  for (unsigned bits = 1; bits <= kLongest; ++bits) {
    next <<= 1;
    code.first_code[bits] = next;
    code.first_place[bits] = place;
    for (std::uint16_t symbol = 0; symbol < kSymbols; ++symbol) {
      if (kLengths[symbol] != bits) continue;
      const Symbol found{symbol, static_cast<std::uint8_t>(bits)};
      code.in_order[place++] = found;
      if (bits <= kShortBits) {
        const std::uint32_t from = next << (kShortBits - bits);
        const std::uint32_t to = (next + 1) << (kShortBits - bits);
        for (std::uint32_t i = from; i < to; ++i) code.by_bits[i] = found;
      }
      ++next;
    }
    code.end[bits] = std::uint64_t{next} << (32 - bits);
  }
  return code;
}();
static_assert(kCode.end[kLongest] == std::uint64_t{1} << 32, "the code is complete");
static_assert(kCode.in_order[kSymbols - 1].value == kEndOfString, "EOS is all ones");

// The symbol at the top of `bits`.
Symbol find(std::uint64_t bits) {
  const Symbol symbol = kCode.by_bits[bits >> (64 - kShortBits)];
  if (symbol.bits != 0) return symbol;
  const std::uint64_t top = bits >> 32;
  unsigned length = kShortBits + 1;
  while (top >= kCode.end[length]) ++length;
  const auto code = static_cast<std::uint32_t>(top >> (32 - length));
  return kCode.in_order[code - kCode.first_code[length] + kCode.first_place[length]];
}

}  // namespace

std::optional<std::size_t> decode_huffman(std::string_view coded, char* to) {
  const char* at = coded.data();
  const char* const end = at + coded.size();
  char* const begin = to;
  std::uint64_t bits = 0;  // at the top; below them zeros
  unsigned count = 0;
  while (true) {
    if (count < kLongest) {
      if (end - at >= 4) {
        bits |= std::uint64_t{read_u32(at)} << (32 - count);
        at += 4;
        count += 32;
      } else {
        for (; at != end; count += 8) {
          bits |= std::uint64_t{static_cast<unsigned char>(*at++)} << (56 - count);
        }
      }
    }
    const Symbol symbol = find(bits);
    if (symbol.bits > count) break;
    if (symbol.value == kEndOfString) return std::nullopt;
    *to++ = static_cast<char>(symbol.value);
    bits <<= symbol.bits;
    count -= symbol.bits;
  }
  // Padding: less than a byte of ones.
  if (count >= 8 || static_cast<unsigned>(std::countl_one(bits)) < count) return std::nullopt;
  return static_cast<std::size_t>(to - begin);
}

}  // namespace weir::http
