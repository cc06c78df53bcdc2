#include "lb/http/hpack_encoder.h"

#include <doctest/doctest.h>

#include <string>

#include "lb/base/text.h"
#include "tests/unit/http/h2_block.h"

namespace weir::http {
namespace {

using test::decoded;
using namespace std::string_literals;

template <class Write>
std::string block_of(Write&& write) {
  std::string out;
  append_hpack(out, 70000, write);
  return out;
}

std::string written_field(std::string_view name, std::string_view value) {
  return block_of([&](HpackPen& pen) { pen.field(field_id(name), name, value); });
}

TEST_CASE("what the static table has takes one byte") {
  CHECK(block_of([](HpackPen& pen) { pen.status(200); }) == "\x88");
  CHECK(block_of([](HpackPen& pen) { pen.status(500); }) == "\x8e");
  CHECK(block_of([](HpackPen& pen) { pen.method("GET"); }) == "\x82");
  CHECK(block_of([](HpackPen& pen) { pen.method("POST"); }) == "\x83");
  CHECK(block_of([](HpackPen& pen) { pen.path("/"); }) == "\x84");
  CHECK(block_of([](HpackPen& pen) { pen.scheme("http"); }) == "\x86");
  CHECK(block_of([](HpackPen& pen) { pen.scheme("https"); }) == "\x87");
}

TEST_CASE("statuses are decoded as they were written") {
  for (const unsigned status :
       {100U, 103U, 200U, 204U, 206U, 299U, 304U, 400U, 404U, 463U, 500U, 503U, 999U}) {
    CHECK(decoded(block_of([&](HpackPen& pen) { pen.status(status); })) ==
          ":status: " + std::to_string(status) + "\n");
  }
  CHECK(block_of([](HpackPen& pen) { pen.status(503); }).size() <= HpackPen::kStatusRoom);
}

TEST_CASE("pseudo-header fields are decoded as they were written") {
  CHECK(decoded(block_of([](HpackPen& pen) {
          pen.method("PUT");
          pen.scheme("ftp");
          pen.authority("a.example");
          pen.path("/x");
          pen.pseudo(":protocol", "websocket");
          pen.content_length(18446744073709551615U);
        })) ==
        ":method: PUT\n:scheme: ftp\n:authority: a.example\n:path: /x\n:protocol: websocket\n"
        "content-length: 18446744073709551615\n");
}

TEST_CASE("names with an index of the static table are written as it") {
  CHECK(written_field("Content-Type", "x") == "\x0f\x10\1x"s);
  CHECK(written_field("Accept", "") == "\x0f\4\0"s);
}

TEST_CASE("every name that weir knows is decoded as itself, in lower case") {
  constexpr std::string_view kNames[] = {
      "Accept",
      "Authorization",
      "Cache-Control",
      "Content-Encoding",
      "Content-Length",
      "Content-Range",
      "Content-Type",
      "Cookie",
      "Date",
      "Expect",
      "Expires",
      "Host",
      "Location",
      "Proxy-Authenticate",
      "Proxy-Authorization",
      "Referer",
      "Server",
      "Set-Cookie",
      "Transfer-Encoding",
      "User-Agent",
      "Via",
      "WWW-Authenticate",
      "Origin",
      "X-Request-Id",
      "Traceparent",
      "Forwarded",
      "X-Unknown_1",
  };
  for (const std::string_view name : kNames) {
    const std::string expected = base::to_lower(name) + ": v\n";
    CHECK(decoded(written_field(name, "v")) == expected);
  }
}

TEST_CASE("secrets are marked as never to be indexed") {
  CHECK((written_field("Authorization", "x")[0] & 0xf0) == 0x10);
  CHECK((written_field("Cookie", "x")[0] & 0xf0) == 0x10);
  CHECK((written_field("Set-Cookie", "x")[0] & 0xf0) == 0x10);
  CHECK((written_field("Server", "x")[0] & 0xf0) == 0);
}

TEST_CASE("lengths of any size are decoded as they were written, in the room that was promised") {
  for (const std::size_t size : {0U, 1U, 126U, 127U, 128U, 254U, 255U, 256U, 16383U, 16384U, 60000U}) {
    CAPTURE(size);
    const std::string name(size == 0 ? 1 : size, 'n');
    const std::string value(size, 'v');
    const std::string out = written_field(name, "");
    CHECK(decoded(out) == name + ": \n");
    CHECK(out.size() <= HpackPen::room(name.size(), 0));
    CHECK(decoded(written_field("server", value)) == "server: " + value + "\n");
  }
}

}  // namespace
}  // namespace weir::http
