#include "lb/sticky/base64url.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace weir::sticky {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Bit by bit.
std::string encode(const std::vector<std::uint8_t>& bytes) {
  std::string text;
  for (std::size_t bit = 0; bit < bytes.size() * 8; bit += 6) {
    std::size_t value = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) value = value << 1 | (bytes[i / 8] >> (7 - i % 8) & 1U);
    text += kAlphabet[value];
  }
  return text;
}

}  // namespace

TEST_CASE("bytes of any length become text and come back") {
  for (std::size_t size = 0; size <= 300; size += 3) {
    CAPTURE(size);
    std::vector<std::uint8_t> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 167 + i / 7 + size);
    std::string text(base64url_size(size), '\0');
    encode_base64url(bytes, text.data());
    CHECK(text == encode(bytes));
    std::vector<std::uint8_t> back(size);
    CHECK(decode_base64url(text, back.data()));
    CHECK(back == bytes);
  }
}

TEST_CASE("only the 64 characters are accepted, wherever they stand") {
  for (const std::size_t size : {8U, 16U, 20U, 24U, 44U, 188U}) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text(size, 'Q');
        text[at] = static_cast<char>(c);
        std::vector<std::uint8_t> bytes(size / 4 * 3);
        const bool known = kAlphabet.find(text[at]) != std::string_view::npos;
        if (decode_base64url(text, bytes.data()) != known || (known && encode(bytes) != text)) {
          FAIL("character ", c, " at ", at, " of ", size);
        }
      }
    }
  }
}

}  // namespace weir::sticky
