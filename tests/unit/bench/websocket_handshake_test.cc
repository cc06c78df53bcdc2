#include <doctest/doctest.h>

#include <optional>
#include <set>
#include <string>

#include "bench/websocket/handshake.h"
#include "lb/http/parser.h"

namespace weir::bench::websocket {
namespace {

http::RequestHead request(std::string_view start, std::string_view fields) {
  http::RequestParser parser(http::ParserLimits{});
  const std::string bytes = std::string(start) + "\r\nHost: a\r\n" + std::string(fields) + "\r\n";
  REQUIRE(parser.next(bytes).kind == http::Step::Kind::head);
  return std::move(parser.head());
}

}  // namespace

TEST_CASE("the accept key is that of RFC 6455 1.3") {
  CHECK(accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("a request is upgraded, refused or not meant at all") {
  constexpr int kNotMeant = 0;
  struct Row {
    std::string_view start;
    std::string_view fields;
    int status;
  };
  constexpr std::string_view kGet = "GET / HTTP/1.1";
  const Row rows[] = {
      {kGet,
       "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
       101},
      {kGet,
       "Connection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n"
       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
       101},
      {kGet,
       "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
       426},
      {kGet, "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n", 400},
      {kGet,
       "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
       "short\r\n",
       400},
      {kGet, "Connection: Upgrade\r\nUpgrade: h2c\r\n", kNotMeant},
      {kGet, "Upgrade: websocket\r\n", kNotMeant},
      {kGet, "", kNotMeant},
      {"POST / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n", kNotMeant},
      {"GET / HTTP/1.0", "Connection: Upgrade\r\nUpgrade: websocket\r\n", kNotMeant},
  };
  for (const Row& row : rows) {
    CAPTURE(row.start);
    CAPTURE(row.fields);
    const http::RequestHead head = request(row.start, row.fields);
    CHECK(asks_for_upgrade(head) == (row.status != kNotMeant));
    if (row.status == kNotMeant) continue;
    const auto accept = accept_upgrade(head);
    CHECK((accept ? 101 : accept.error()) == row.status);
    if (accept) CHECK(*accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  }
}

TEST_CASE("what a client asks is accepted, and it knows the right answer") {
  base::Random random(1);
  const std::string key = make_key(random);
  http::FieldList fields;
  add_upgrade_fields(key, fields);
  const http::RequestHead asked =
      request("GET / HTTP/1.1", std::string(fields.lines()) + "Connection: upgrade\r\n");
  REQUIRE(asks_for_upgrade(asked));
  const auto accept = accept_upgrade(asked);
  REQUIRE(accept);

  http::ResponseHead answer;
  answer.status = 101;
  answer.fields.add("Upgrade", "websocket");
  answer.fields.add("Connection", "Upgrade");
  answer.fields.add("Sec-WebSocket-Accept", *accept);
  CHECK(is_upgraded(answer, key));
  CHECK(!is_upgraded(answer, make_key(random)));
  answer.status = 200;
  CHECK(!is_upgraded(answer, key));
}

TEST_CASE("keys differ") {
  base::Random random(1);
  std::set<std::string> keys;
  for (int i = 0; i < 100; ++i) keys.insert(make_key(random));
  CHECK(keys.size() == 100);
}

}  // namespace weir::bench::websocket
