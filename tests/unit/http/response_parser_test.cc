#include <doctest/doctest.h>

#include <string>

#include "tests/unit/http/transcript.h"

namespace weir::http {
namespace {

using test::read_response;

const std::string kOk = "HTTP/1.1 200 OK\r\n";

TEST_CASE("responses that follow the rules are read") {
  struct Case {
    std::string bytes;
    std::string transcript;
    Method method = Method::get;
  };
  const Case cases[] = {
      {kOk + "Content-Length: 2\r\n\r\nhi",
       "head 200 OK 1.1 length 2 keep [Content-Length=2]\nbody hi\nend\n"},
      {kOk + "Content-Length: 0\r\n\r\n", "head 200 OK 1.1 none keep [Content-Length=0]\nend\n"},
      {kOk + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nA: b\r\n\r\n",
       "head 200 OK 1.1 chunked keep [Transfer-Encoding=chunked]\nbody hi\nend [A=b]\n"},
      {kOk + "\r\nhello", "head 200 OK 1.1 until_close close\nbody hello\n"},
      {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "head 200  1.1 none keep [Content-Length=0]\nend\n"},
      {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "head 200  1.1 none keep [Content-Length=0]\nend\n"},
      {"HTTP/1.1 404 Nicht gefunden\xc3\xa9\r\nContent-Length: 0\r\n\r\n",
       "head 404 Nicht gefunden\xc3\xa9 1.1 none keep [Content-Length=0]\nend\n"},
      {"HTTP/1.1 204 No Content\r\n\r\n", "head 204 No Content 1.1 none keep\nend\n"},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
       "head 304 Not Modified 1.1 none keep [Content-Length=5]\nend\n"},
      {kOk + "Content-Length: 5\r\n\r\n", "head 200 OK 1.1 none keep [Content-Length=5]\nend\n",
       Method::head},
      {kOk + "Transfer-Encoding: chunked\r\n\r\n",
       "head 200 OK 1.1 none keep [Transfer-Encoding=chunked]\nend\n", Method::head},
      {kOk + "\r\n", "head 200 OK 1.1 none keep\nend\n", Method::head},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + kOk +
           "Content-Length: 1\r\n\r\na",
       "head 100 Continue 1.1 none keep\nend\nhead 103 Early Hints 1.1 none keep [Link=x]\nend\n"
       "head 200 OK 1.1 length 1 keep [Content-Length=1]\nbody a\nend\n"},
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
       "head 101 Switching Protocols 1.1 none keep [Upgrade=x] [Connection=upgrade]\nend\n"},
      {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na",
       "head 200 OK 1.0 length 1 close [Content-Length=1]\nbody a\nend\n"},
      {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na",
       "head 200 OK 1.0 length 1 keep [Connection=keep-alive] [Content-Length=1]\nbody a\nend\n"},
      {kOk + "Connection: close\r\nContent-Length: 1\r\n\r\na",
       "head 200 OK 1.1 length 1 close [Connection=close] [Content-Length=1]\nbody a\nend\n"},
  };
  for (const Case& row : cases) {
    CAPTURE(row.bytes);
    CHECK(read_response(row.bytes, row.method) == row.transcript);
  }
}

TEST_CASE("responses that cannot be trusted are refused") {
  using namespace std::string_literals;
  struct Case {
    std::string bytes;
    std::string_view reason;
  };
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const Case cases[] = {
      {kOk + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n", "DuplicateContentLength"},
      {kOk + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n", "MultipleContentLength"},
      {kOk + "Content-Length: 2, 2\r\n\r\n", "BadContentLength"},
      {kOk + "Content-Length: 2\r\n" + chunked + "\r\n", "BothTeClPresent"},
      {kOk + chunked + "Content-Length: 2\r\n\r\n", "BothTeClPresent"},
      {kOk + chunked + chunked + "\r\n", "MultipleTransferEncodingChunked"},
      {kOk + "Transfer-Encoding: gzip\r\n\r\n", "BadTransferEncoding"},
      {kOk + "Transfer-Encoding: gzip, chunked\r\n\r\n", "unsupported_transfer_coding"},
      {"HTTP/1.0 200 OK\r\n" + chunked + "\r\n", "UndefinedTransferEncodingSemantics"},
      {kOk + "X : y\r\n\r\n", "BadHeader"},
      {kOk + "X: y\r\n z\r\n\r\n", "BadHeader"},
      {kOk + "X: y\n\r\n", "BadHeader"},
      {kOk + "X: \0\r\n\r\n"s, "BadHeader"},
      {"\r\n" + kOk + "\r\n", "bad_status_line"},
      {"hello\r\n", "bad_status_line"},
      {"\x15\x03\x01", "bad_status_line"},
      {"HTTQ/1.1 200 OK\r\n\r\n", "bad_status_line"},
      {"HTTP/1.1 20 OK\r\n\r\n", "bad_status_line"},
      {"HTTP/1.1 2000 OK\r\n\r\n", "bad_status_line"},
      {"HTTP/1.1 099 OK\r\n\r\n", "bad_status_line"},
      {"HTTP/1.1 abc OK\r\n\r\n", "bad_status_line"},
      {"HTTP/1.1 200 a\0b\r\n\r\n"s, "bad_status_line"},
      {"HTTP/1.1 200 OK\r\r\n\r\n"s, "BadHeader"},
      {"HTTP/1.1 200 OK\r\rX: y\r\n\r\n"s, "bad_status_line"},
      {"HTTP/1.1  200 OK\r\n\r\n"s, "bad_status_line"},
      {"HTTP/2.0 200 OK\r\n\r\n", "unsupported_version"},
      {"HTTP/1.5 200 OK\r\n\r\n", "unsupported_version"},
  };
  for (const Case& row : cases) {
    CAPTURE(row.bytes);
    CHECK(read_response(row.bytes) == fmt::format("failed {}\n", row.reason));
  }
}

TEST_CASE("the end of the connection means what the framing says") {
  struct Case {
    std::string bytes;
    Problem problem;
  };
  const Case cases[] = {
      {"", Problem::closed_before_response},
      {"HTTP/1.1 100 Continue\r\n\r\n", Problem::closed_before_response},
      {"H", Problem::incomplete_head},
      {kOk + "Content-Length: 2\r\nContent-Length: 2", Problem::incomplete_head},
      {kOk + "Content-Length: 2\r\n\r\n", Problem::incomplete_body},
      {kOk + "Content-Length: 2\r\n\r\na", Problem::incomplete_body},
      {kOk + "Transfer-Encoding: chunked\r\n\r\n", Problem::incomplete_body},
      {kOk + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n", Problem::incomplete_body},
      {kOk + "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n", Problem::incomplete_body},
      {kOk + "\r\n", Problem::none},
      {kOk + "\r\nabc", Problem::none},
  };
  for (const Case& row : cases) {
    CAPTURE(row.bytes);
    ResponseParser parser({});
    test::Transcript().run(parser, {row.bytes});
    const Step step = parser.at_eof();
    CHECK(step.kind == (row.problem == Problem::none ? Step::Kind::end : Step::Kind::failed));
    CHECK(parser.problem() == row.problem);
  }
}

TEST_CASE("bytes behind a counted response are left to the owner") {
  ResponseParser parser({});
  const std::string bytes = kOk + "Content-Length: 2\r\n\r\nhiMORE";
  std::string_view rest = bytes;
  rest.remove_prefix(parser.next(rest).consumed);
  CHECK(parser.body_left() == 2);
  rest.remove_prefix(parser.next(rest).consumed);
  CHECK(parser.next(rest).kind == Step::Kind::end);
  CHECK(rest == "MORE");
}

TEST_CASE("a body until close never ends by itself and may go around the parser") {
  ResponseParser parser({});
  CHECK(parser.next(kOk + "\r\n").kind == Step::Kind::head);
  CHECK(parser.body_left() == UINT64_MAX);
  parser.skip_body(1 << 20);
  CHECK(parser.body_left() == UINT64_MAX);
  CHECK(parser.next("").kind == Step::Kind::need_more);
  CHECK(parser.at_eof().kind == Step::Kind::end);
}

}  // namespace
}  // namespace weir::http
