#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/http/transcript.h"

// However the bytes of a connection are cut into reads, the same comes out.
namespace weir::http {
namespace {

template <class Parser>
std::string read_in(const std::vector<std::string>& pieces, const ParserLimits& limits) {
  Parser parser(limits);
  test::Transcript transcript;
  for (const std::string& piece : pieces) {  // each piece is memory of its own, so that ASan sees an overrun
    if (!transcript.feed(parser, piece)) break;
  }
  return transcript.text();
}

template <class Parser>
void check_all_cuts(const std::string& bytes, const ParserLimits& limits = {}) {
  CAPTURE(bytes);
  const std::string whole = read_in<Parser>({bytes}, limits);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    CAPTURE(cut);
    REQUIRE(read_in<Parser>({bytes.substr(0, cut), bytes.substr(cut)}, limits) == whole);
  }
  std::vector<std::string> singles;
  for (char c : bytes) singles.emplace_back(1, c);
  CHECK(read_in<Parser>(singles, limits) == whole);
  std::vector<std::string> triples;
  for (std::size_t at = 0; at < bytes.size(); at += 3) triples.push_back(bytes.substr(at, 3));
  CHECK(read_in<Parser>(triples, limits) == whole);
}

TEST_CASE("requests read the same however they are cut") {
  using namespace std::string_literals;
  const std::string get =
      "GET /a?b HTTP/1.1\r\nHost: a.example:80\r\nX-Empty:\r\nX-Blank: \t\r\nA: b c \r\n\r\n";
  const std::string chunked =
      "POST / HTTP/1.1\r\nhOST: a\r\nTransfer-Encoding:chunked\r\n\r\n"
      "3;x=\"y;\\\"\"\r\nabc\r\n00a\r\n0123456789\r\n0\r\nT1: v \r\nT2:\r\n\r\n";
  const std::string counted =
      "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc";
  const std::string requests[] = {
      get,
      "\r\n\r\n" + get + "\r\n" + get,
      chunked + counted + get,
      counted + chunked,
      "GET http://b.example/x HTTP/1.0\r\nConnection: keep-alive, x\r\n\r\n" + get,
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01"s,
      "FOO / HTTP/1.1\r\n\r\n",
      "F\x01O / HTTP/1.1\r\n\r\n",
      "get / HTTP/1.1\r\n\r\n",
      "GET /\r\n\r\n",
      "GET /a?b=\n\t\n",
      "GET a\n\n",
      "GET\n\n",
      "GET / HTTP/1.5\r\n\r\n",
      "GET / HTTP/2.5\r\n\r\n",
      "GET / RTSP/1.0\r\n\r\n",
      "PLAY / RTSP/1.0\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: y\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n",
      "GET / HTTP/1.1\nHost: a\n\n",
      "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5 6\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1ffffffffffffffff\r\nabcd\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n x: b\r\n\r\n",
  };
  for (const std::string& bytes : requests) check_all_cuts<RequestParser>(bytes);
}

TEST_CASE("requests meet their limits the same however they are cut") {
  const ParserLimits limits{.head_bytes = 100, .fields = 3, .target_bytes = 10};
  const std::string start = "GET /123456789 HTTP/1.1\r\nHost: a\r\n";
  const std::string requests[] = {
      start + "\r\n",
      "GET /1234567890 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /1234567890\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /123456789\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
      start + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n",
      start + "A: 1\r\nB: 2\r\nCd\x01: 3\r\n\r\n",
      start + "A: 1\r\nB: 2\x01\r\nC: 3\r\n\r\n",
      "GET scheme1234567890\n /",
      "GET http://a/1234567890\n\r\n",
      "GET /1234567890\r\nHost: a\r\n\r\n",
      "GET *\n\t",
      "PUT *\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n",
      start + "X: " + std::string(100 - start.size() - 7, 'x') + "\r\n\r\n",
      start + "X: " + std::string(100 - start.size() - 6, 'x') + "\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" +
          std::string("A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n"),
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(200, 'x') +
          "\r\n\r\n",
  };
  for (const std::string& bytes : requests) check_all_cuts<RequestParser>(bytes, limits);
}

TEST_CASE("responses read the same however they are cut") {
  using namespace std::string_literals;
  const std::string counted = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX:\r\n\r\nabc";
  const std::string responses[] = {
      counted,
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + counted,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n" + counted,
      "HTTP/1.0 200\r\n\r\nuntil the end",
      "HTTP/1.1 204 No Content\r\n\r\n" + counted,
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n" + counted,
      "HTTP/1.1 200 a\0b\r\n\r\n"s,
      "HTTP/1.1 200 OK\r\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/2.0 200 OK\r\n\r\n",
      "HTTQ/1.1 200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
  };
  for (const std::string& bytes : responses) check_all_cuts<ResponseParser>(bytes);
}

}  // namespace
}  // namespace weir::http
