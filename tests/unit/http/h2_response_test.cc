#include "lb/http/h2_response.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/http/h2_block.h"
#include "tests/unit/http/transcript.h"

namespace weir::http {
namespace {

using test::Fields;

std::string show_verdict(const H2Verdict& verdict) {
  const std::string_view word = verdict.kind == H2Verdict::Kind::refused ? "refused " : "malformed ";
  return std::string(word) += traits(verdict.problem).reason;
}

std::string read_response(const Fields& fields, bool end_stream = false, Method method = Method::get,
                          const ParserLimits& limits = {}) {
  HpackDecoder decoder;
  ResponseHead head;
  H2ResponseReader reader(head, limits, method);
  if (!decoder.decode(test::block(fields), reader)) return "failed";
  const H2Verdict verdict = reader.finish(end_stream);
  return verdict ? test::show(head) : show_verdict(verdict);
}

TEST_CASE("responses that follow the rules become those of HTTP/1.1") {
  CHECK(read_response({{":status", "200"}}) == "200  1.1 chunked keep");
  CHECK(read_response({{":status", "200"}}, true) == "200  1.1 none keep");
  CHECK(read_response({{":status", "200"}, {"content-length", "5"}, {"x", "y"}}) ==
        "200  1.1 length 5 keep [content-length=5] [x=y]");
  CHECK(read_response({{":status", "200"}, {"content-length", "0"}}) ==
        "200  1.1 none keep [content-length=0]");
  CHECK(read_response({{":status", "103"}, {"link", "x"}}) == "103  1.1 none keep [link=x]");
  CHECK(read_response({{":status", "204"}}) == "204  1.1 none keep");
  CHECK(read_response({{":status", "304"}, {"content-length", "5"}}, true) ==
        "304  1.1 none keep [content-length=5]");
  CHECK(read_response({{":status", "200"}, {"content-length", "5"}}, true, Method::head) ==
        "200  1.1 none keep [content-length=5]");
  CHECK(read_response({{":status", "200"}, {"set-cookie", "a"}, {"set-cookie", "b"}}, true) ==
        "200  1.1 none keep [set-cookie=a] [set-cookie=b]");
}

TEST_CASE("responses against the rules are malformed") {
  struct Row {
    Fields fields;
    bool end_stream;
    std::string_view transcript;
  };
  const Row rows[] = {
      {{}, false, "malformed bad_status_line"},
      {{{"x", "y"}}, false, "malformed bad_status_line"},
      {{{"x", "y"}, {":status", "200"}}, false, "malformed BadHeader"},
      {{{":status", "200"}, {":status", "200"}}, false, "malformed BadHeader"},
      {{{":status", "200"}, {":path", "/"}}, false, "malformed BadHeader"},
      {{{":status", "20"}}, false, "malformed bad_status_line"},
      {{{":status", "2000"}}, false, "malformed bad_status_line"},
      {{{":status", "099"}}, false, "malformed bad_status_line"},
      {{{":status", "2x0"}}, false, "malformed bad_status_line"},
      {{{":status", "101"}}, false, "malformed bad_status_line"},
      {{{":status", "100"}}, true, "malformed bad_status_line"},
      {{{":status", "200"}, {"content-length", "5"}}, true, "malformed incomplete_body"},
      {{{":status", "200"}, {"content-length", "x"}}, false, "malformed BadContentLength"},
      {{{":status", "200"}, {"X-Upper", "y"}}, false, "malformed BadHeader"},
      {{{":status", "200"}, {"x", " y"}}, false, "malformed BadHeader"},
      {{{":status", "200"}, {"transfer-encoding", "chunked"}}, false, "malformed BadHeader"},
      {{{":status", "200"}, {"connection", "close"}}, false, "malformed BadHeader"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.transcript);
    CHECK(read_response(row.fields, row.end_stream) == row.transcript);
  }
}

TEST_CASE("a response head is bounded") {
  const Fields fields{{":status", "200"}, {"x", "1"}, {"y", "2"}};
  CHECK(read_response(fields, true, Method::get, {.fields = 1}) == "refused too_many_headers");
  CHECK(read_response(fields, true, Method::get, {.head_bytes = 42 + 34}) == "refused header_too_large");
  CHECK(read_response(fields, true, Method::get, {.head_bytes = 42 + 68}) ==
        "200  1.1 none keep [x=1] [y=2]");
}

std::string encoded(const OutgoingResponse& head, bool head_request = false) {
  std::string block;
  write_h2_response_head(block, head, head_request);
  return test::decoded(block);
}

TEST_CASE("a response is written in lower case with its length") {
  OutgoingResponse head;
  head.fields.add("Server", "s");
  head.fields.add("X-Custom", "Value");
  CHECK(encoded(head) == ":status: 200\nserver: s\nx-custom: Value\ncontent-length: 0\n");
  head.fields.clear();
  head.body = {Body::Kind::length, 7};
  CHECK(encoded(head) == ":status: 200\ncontent-length: 7\n");
  head.body = {Body::Kind::chunked, 0};
  CHECK(encoded(head) == ":status: 200\n");
  head.body = {Body::Kind::until_close, 0};
  CHECK(encoded(head) == ":status: 200\n");
}

TEST_CASE("responses without content say nothing of their own about its length") {
  OutgoingResponse head;
  for (const unsigned status : {103U, 204U, 304U}) {
    head.status = static_cast<std::uint16_t>(status);
    CHECK(encoded(head) == fmt::format(":status: {}\n", status));
  }
  head.status = 200;
  head.fields.add("Content-Length", "5");
  CHECK(encoded(head, true) == ":status: 200\ncontent-length: 5\n");
  head.body = {Body::Kind::chunked, 0};
  CHECK(encoded(head, true) == ":status: 200\ncontent-length: 5\n");
}

TEST_CASE("fields about the connection are never written") {
  OutgoingResponse head;
  for (const std::string_view name :
       {"Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade"}) {
    head.fields.add(name, "x");
  }
  CHECK(encoded(head, true) == ":status: 200\n");
}

TEST_CASE("a 101 answers an extended CONNECT as a 200 without the handshake") {
  OutgoingResponse head;
  head.status = 101;
  head.fields.add("Upgrade", "websocket");
  head.fields.add("Sec-WebSocket-Accept", "x");
  head.fields.add("Sec-WebSocket-Protocol", "chat");
  CHECK(encoded(head) == ":status: 200\nsec-websocket-protocol: chat\n");
}

TEST_CASE("trailers are written in lower case and read again") {
  FieldList trailers;
  trailers.add("Grpc-Status", "0");
  trailers.add("Sum", "");
  std::string block;
  write_h2_trailers(block, trailers);
  HpackDecoder decoder;
  FieldList read;
  H2TrailerReader reader(read, {});
  CHECK(decoder.decode(block, reader));
  CHECK(reader.finish());
  CHECK(read.lines() == "grpc-status: 0\r\nsum: \r\n");
}

TEST_CASE("trailers follow the rules of fields and do not frame or route") {
  struct Row {
    Fields fields;
    std::string_view transcript;
  };
  const Row rows[] = {
      {{{":path", "/"}}, "malformed BadHeader"},
      {{{"Upper", ""}}, "malformed BadHeader"},
      {{{"x", "a\nb"}}, "malformed BadHeader"},
      {{{"connection", "close"}}, "malformed BadHeader"},
      {{{"content-length", "5"}}, "malformed bad_trailer"},
      {{{"host", "a"}}, "malformed bad_trailer"},
      {{{"a", ""}, {"b", ""}, {"c", ""}}, "refused too_many_headers"},
      {{{"cookie", ""}, {"cookie", ""}, {"cookie", ""}}, "refused too_many_headers"},
      {{{"a", "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"}},
       "refused header_too_large"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.transcript);
    HpackDecoder decoder;
    FieldList read;
    H2TrailerReader reader(read, {.head_bytes = 120, .fields = 2});
    CHECK(decoder.decode(test::block(row.fields), reader));
    CHECK(show_verdict(reader.finish()) == row.transcript);
  }
}

}  // namespace
}  // namespace weir::http
