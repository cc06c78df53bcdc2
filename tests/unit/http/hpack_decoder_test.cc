#include "lb/http/hpack_decoder.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/http/h2_block.h"

namespace weir::http {
namespace {

using test::decoded;
using test::from_hex;

TEST_CASE("the requests of RFC 7541 C.4 are decoded, Huffman coding and dynamic table included") {
  HpackDecoder decoder;
  CHECK(decoded(decoder, from_hex("828684418cf1e3c2e5f23a6ba0ab90f4ff")) ==
        ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n");
  CHECK(decoded(decoder, from_hex("828684be5886a8eb10649cbf")) ==
        ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\ncache-control: no-cache\n");
  CHECK(decoded(decoder, from_hex("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf")) ==
        ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\n"
        "custom-key: custom-value\n");
}

TEST_CASE("an empty block has no fields") { CHECK(decoded("") == ""); }

TEST_CASE("the table changes its size when the peer says so, and holds no more than that") {
  HpackDecoder decoder;
  CHECK(decoded(decoder, from_hex("4001610162")) == "a: b\n");
  CHECK(decoded(decoder, from_hex("be")) == "a: b\n");
  CHECK(decoded(decoder, from_hex("20be")) == "failed");
}

TEST_CASE("blocks against the rules fail") {
  const std::string_view blocks[] = {
      "80",              // index 0
      "be",              // beyond the table
      "ffffffffffff0f",  // a number without bound
      "00",              // nothing behind a literal's first byte
      "0001",            // no name
      "00016105",        // no value
      "82"
      "20",                  // a table size behind a field (RFC 7541 4.2)
      "3fe21f",              // a table larger than SETTINGS_HEADER_TABLE_SIZE
      "000185ffffffffff00",  // Huffman: EOS within the text
      "0081000161",          // Huffman padding of zeros
  };
  for (const std::string_view block : blocks) {
    CAPTURE(block);
    CHECK(decoded(from_hex(block)) == "failed");
  }
}

TEST_CASE("a table of the largest size is taken") {
  CHECK(decoded(from_hex("3fe11f82")) == ":method: GET\n");
}

}  // namespace
}  // namespace weir::http
