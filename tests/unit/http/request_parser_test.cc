#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "tests/unit/http/transcript.h"

namespace weir::http {
namespace {

using test::read_request;

struct RequestCase {
  std::string bytes;
  std::string transcript;
};

const std::string kHost = "Host: a.example\r\n";

std::string post(const std::string& fields, const std::string& body = "") {
  return "POST / HTTP/1.1\r\n" + kHost + fields + "\r\n" + body;
}
std::string get_request(const std::string& fields) { return "GET / HTTP/1.1\r\n" + kHost + fields + "\r\n"; }

TEST_CASE("requests that follow the rules are read") {
  const RequestCase cases[] = {
      {get_request(""), "head GET / at a.example 1.1 none keep [Host=a.example]\nend\n"},
      {"\r\n\r\n" + get_request(""), "head GET / at a.example 1.1 none keep [Host=a.example]\nend\n"},
      {get_request("Connection: close\r\n"),
       "head GET / at a.example 1.1 none close [Host=a.example] [Connection=close]\nend\n"},
      {get_request("Connection: x, CLOSE\r\n"),
       "head GET / at a.example 1.1 none close [Host=a.example] [Connection=x, CLOSE]\nend\n"},
      {get_request("X-Empty:\r\nX-Space:   \t a  b \t \r\n"),
       "head GET / at a.example 1.1 none keep [Host=a.example] [X-Empty=] [X-Space=a  b]\nend\n"},
      {"GET /old HTTP/1.0\r\n\r\n", "head GET /old at  1.0 none close\nend\n"},
      {"GET /old HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
       "head GET /old at  1.0 none keep [Connection=Keep-Alive]\nend\n"},
      {post("Content-Length: 5\r\n", "hello"),
       "head POST / at a.example 1.1 length 5 keep [Host=a.example] [Content-Length=5]\nbody hello\nend\n"},
      {post("Content-Length: 0\r\n"),
       "head POST / at a.example 1.1 none keep [Host=a.example] [Content-Length=0]\nend\n"},
      {post("content-length:  0005 \r\n", "hello"),
       "head POST / at a.example 1.1 length 5 keep [Host=a.example] [content-length=0005]\nbody "
       "hello\nend\n"},
      {post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n6;a=b;c=\"d e\"\r\n world\r\n0\r\n\r\n"),
       "head POST / at a.example 1.1 chunked keep [Host=a.example] [Transfer-Encoding=chunked]\n"
       "body hello world\nend\n"},
      {post("Transfer-Encoding: Chunked\r\nTE: x, trailers\r\n", "1\r\na\r\n0\r\nSum: 1 \r\nX:\r\n\r\n"),
       "head POST / at a.example 1.1 chunked keep trailers [Host=a.example] [Transfer-Encoding=Chunked] "
       "[TE=x, trailers]\nbody a\nend [Sum=1] [X=]\n"},
      {post("Content-Length: 1\r\nExpect: 100-Continue\r\n", "x"),
       "head POST / at a.example 1.1 length 1 keep expect [Host=a.example] [Content-Length=1] "
       "[Expect=100-Continue]\nbody x\nend\n"},
      {get_request("Connection: Upgrade\r\nUpgrade: websocket\r\n"),
       "head GET / at a.example 1.1 none keep [Host=a.example] [Connection=Upgrade] "
       "[Upgrade=websocket]\nend\n"},
      {post("Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n", "hi" + get_request("")),
       "head POST / at a.example 1.1 length 2 keep [Host=a.example] [Connection=Upgrade] [Upgrade=h2c] "
       "[Content-Length=2]\nbody hi\nend\nhead GET / at a.example 1.1 none keep [Host=a.example]\nend\n"},
      {post("Connection: Upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked\r\n",
            "1\r\na\r\n0\r\n\r\n" + get_request("")),
       "head POST / at a.example 1.1 chunked keep [Host=a.example] [Connection=Upgrade] [Upgrade=x] "
       "[Transfer-Encoding=chunked]\nbody a\nend\nhead GET / at a.example 1.1 none keep "
       "[Host=a.example]\nend\n"},
      {"GET http://b.example:81/x?y HTTP/1.1\r\n" + kHost + "\r\n",
       "head GET /x?y at b.example:81 1.1 none keep [Host=a.example]\nend\n"},
      {"GET HTTP://b.example?y HTTP/1.1\r\n" + kHost + "\r\n",
       "head GET /?y at b.example 1.1 none keep [Host=a.example]\nend\n"},
      {"OPTIONS * HTTP/1.1\r\n" + kHost + "\r\n",
       "head OPTIONS * at a.example 1.1 none keep [Host=a.example]\nend\n"},
      {"OPTIONS http://b.example HTTP/1.1\r\n" + kHost + "\r\n",
       "head OPTIONS * at b.example 1.1 none keep [Host=a.example]\nend\n"},
      {"CONNECT b.example:443 HTTP/1.1\r\nHost: b.example:443\r\n\r\n",
       "head CONNECT b.example:443 at b.example:443 1.1 none close [Host=b.example:443]\nend\n"},
      {"PROPFIND /a%20b HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
       "head PROPFIND /a%20b at [::1]:8080 1.1 none keep [Host=[::1]:8080]\nend\n"},
  };
  for (const RequestCase& row : cases) {
    CAPTURE(row.bytes);
    CHECK(read_request(row.bytes) == row.transcript);
  }
}

struct Refusal {
  std::string bytes;
  unsigned status;
  std::string_view reason;
};

TEST_CASE("ambiguous framing is refused") {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const Refusal cases[] = {
      {post(chunked + "Content-Length: 5\r\n"), 400, "BothTeClPresent"},
      {post("Content-Length: 5\r\n" + chunked), 400, "BothTeClPresent"},
      {post("Content-Length: 0\r\n" + chunked), 400, "BothTeClPresent"},
      {post("Content-Length: 5\r\nContent-Length: 5\r\n"), 400, "DuplicateContentLength"},
      {post("Content-Length: 5\r\nContent-Length: 6\r\n"), 400, "MultipleContentLength"},
      {post("Content-Length: 5\r\nX: y\r\ncontent-length:06 \r\n"), 400, "MultipleContentLength"},
      {post("Content-Length: 5\r\nContent-Length: " + std::string(300, '1') + "\r\n"), 400,
       "MultipleContentLength"},
      {post("Content-Length: 5, 5\r\n"), 400, "BadContentLength"},
      {post("Content-Length: 5,6\r\n"), 400, "BadContentLength"},
      {post("Content-Length: +5\r\n"), 400, "BadContentLength"},
      {post("Content-Length: -5\r\n"), 400, "BadContentLength"},
      {post("Content-Length: 0x5\r\n"), 400, "BadContentLength"},
      {post("Content-Length: 5 5\r\n"), 400, "BadContentLength"},
      {post("Content-Length: five\r\n"), 400, "BadContentLength"},
      {post("Content-Length:\r\n"), 400, "BadContentLength"},
      {post("Content-Length: 18446744073709551616\r\n"), 400, "BadContentLength"},
      {post("Transfer-Encoding: chunked, chunked\r\n"), 400, "MultipleTransferEncodingChunked"},
      {post(chunked + chunked), 400, "MultipleTransferEncodingChunked"},
      {post("Transfer-Encoding: chunked, gzip\r\n"), 400, "BadTransferEncoding"},
      {post("Transfer-Encoding: gzip\r\n"), 400, "BadTransferEncoding"},
      {post("Transfer-Encoding: identity\r\n"), 400, "BadTransferEncoding"},
      {post("Transfer-Encoding: xchunked\r\n"), 400, "BadTransferEncoding"},
      {post("Transfer-Encoding: chunked;q=1\r\n"), 400, "BadTransferEncoding"},
      {post("Transfer-Encoding: ,chunked\r\n"), 400, "BadTransferEncoding"},
      {post("Transfer-Encoding: chunked\t\r\n"), 400, "BadTransferEncoding"},
      {post("Transfer-Encoding: \"chunked\"\r\n"), 400, "BadTransferEncoding"},
      {post("Transfer-Encoding:\r\n"), 400, "BadTransferEncoding"},
      {post("Transfer-Encoding: gzip, chunked\r\n"), 501, "unsupported_transfer_coding"},
      {post("Transfer-Encoding: gzip\r\n" + chunked), 501, "unsupported_transfer_coding"},
      {"POST / HTTP/1.0\r\n" + kHost + chunked + "\r\n0\r\n\r\n", 400, "UndefinedTransferEncodingSemantics"},
  };
  for (const Refusal& row : cases) {
    CAPTURE(row.bytes);
    RequestParser parser({});
    CHECK(test::Transcript().run(parser, {row.bytes}) == fmt::format("failed {}\n", row.reason));
    CHECK(traits(parser.problem()).status == row.status);
  }
}

TEST_CASE("malformed heads are refused") {
  using namespace std::string_literals;
  const Refusal cases[] = {
      {get_request("X : y\r\n"), 400, "BadHeader"},
      {get_request("X\t: y\r\n"), 400, "BadHeader"},
      {get_request("Transfer-Encoding : chunked\r\n"), 400, "BadHeader"},
      {get_request(": y\r\n"), 400, "EmptyHeader"},
      {get_request("X\r\n"), 400, "BadHeader"},
      {get_request("X: y\r\n folded\r\n"), 400, "BadHeader"},
      {get_request("X: y\r\n\tfolded\r\n"), 400, "BadHeader"},
      {get_request("X:\r\n folded\r\n"), 400, "BadHeader"},
      {"GET / HTTP/1.1\r\n X: y\r\n\r\n", 400, "BadHeader"},
      {"GET / HTTP/1.1\r\n\tX: y\r\n\r\n", 400, "BadHeader"},
      {get_request("X: y\n"), 400, "BadHeader"},
      {get_request("X: y\rZ: z\r\n"), 400, "BadHeader"},
      {get_request("X: y\r\r\n"), 400, "BadHeader"},
      {"GET / HTTP/1.1\n" + kHost + "\r\n", 400, "BadVersion"},
      {"GET / HTTP/1.1\r" + kHost + "\r\n", 400, "BadHeader"},
      {"GET / HTTP/1.1\r\n" + kHost + "\n", 400, "BadHeader"},
      {"GET / HTTP/1.1\r\n" + kHost + "\rX", 400, "BadHeader"},
      {get_request("X: a\0b\r\n"s), 400, "BadHeader"},
      {get_request("X: a\x01"
                   "b\r\n"),
       400, "BadHeader"},
      {get_request("X: a\x7f\r\n"), 400, "BadHeader"},
      {get_request("X\0: a\r\n"s), 400, "BadHeader"},
      {get_request("X@Y: a\r\n"), 400, "BadHeader"},
      {get_request("X\xc3\xa9: a\r\n"), 400, "BadHeader"},
      {get_request("\0\r\n"s), 400, "BadHeader"},
      {get_request("Expect: 200-ok\r\n"), 417, "bad_expectation"},
  };
  for (const Refusal& row : cases) {
    CAPTURE(row.bytes);
    RequestParser parser({});
    CHECK(test::Transcript().run(parser, {row.bytes}) == fmt::format("failed {}\n", row.reason));
    CHECK(traits(parser.problem()).status == row.status);
  }
}

TEST_CASE("malformed request lines are refused") {
  using namespace std::string_literals;
  const std::string rest = "\r\n" + kHost + "\r\n";
  const Refusal cases[] = {
      {"FOO / HTTP/1.1" + rest, 501, "unknown_method"},
      {"get / HTTP/1.1" + rest, 501, "unknown_method"},
      {"GETX / HTTP/1.1" + rest, 501, "unknown_method"},
      {"PLAY / HTTP/1.1" + rest, 501, "unknown_method"},
      {"G@T / HTTP/1.1" + rest, 400, "BadMethod"},
      {"GET\t/ HTTP/1.1" + rest, 400, "BadMethod"},
      {" GET / HTTP/1.1" + rest, 400, "BadMethod"},
      {"\0GET / HTTP/1.1"s + rest, 400, "BadMethod"},
      {"{\"a\": 1}\r\n", 400, "BadMethod"},
      {std::string(300, 'A'), 400, "BadMethod"},
      {"GET  / HTTP/1.1" + rest, 400, "bad_start_line"},
      {"GET /  HTTP/1.1" + rest, 400, "bad_start_line"},
      {"GET /a b HTTP/1.1" + rest, 400, "BadVersion"},
      {"GET / HTTP/1.1 " + rest, 400, "BadVersion"},
      {"GET / http/1.1" + rest, 400, "BadVersion"},
      {"GET / HTTP/x" + rest, 400, "BadVersion"},
      {"GET / HTTP/11" + rest, 400, "BadVersion"},
      {"GET / HTTP/1.12" + rest, 400, "BadVersion"},
      {"GET / FTP/1.1" + rest, 400, "BadVersion"},
      {"GET / HTTP/1.2" + rest, 505, "unsupported_version"},
      {"GET / HTTP/1.9" + rest, 505, "unsupported_version"},
      {"GET / HTTP/2.0" + rest, 505, "unsupported_version"},
      {"GET / HTTP/3.0" + rest, 505, "unsupported_version"},
      {"GET / HTTP/0.9" + rest, 505, "unsupported_version"},
      {"GET /\r\n", 505, "unsupported_version"},
      {"OPTIONS / RTSP/1.0" + rest, 505, "unsupported_version"},
      {"GET / RTSP/1.0" + rest, 505, "unsupported_version"},
      {"SOURCE / ICE/1.0" + rest, 505, "unsupported_version"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http2_preface"},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400, "tls_on_plain_port"},
      {"\n" + get_request(""), 400, "bad_start_line"},
      {"\r" + get_request(""), 400, "bad_start_line"},
      {"GET foo HTTP/1.1" + rest, 400, "BadUri"},
      {"GET * HTTP/1.1" + rest, 400, "BadUri"},
      {"OPTIONS *x HTTP/1.1" + rest, 400, "BadUri"},
      {"GET /a\x01"
       "b HTTP/1.1" +
           rest,
       400, "AmbiguousUri"},
      {"GET /a\0b HTTP/1.1"s + rest, 400, "BadUri"},
      {"GET /a\rb HTTP/1.1" + rest, 400, "BadUri"},
      {"GET /\xc3\xa9 HTTP/1.1" + rest, 400, "AmbiguousUri"},
      {"GET /a#b HTTP/1.1" + rest, 400, "BadUri"},
      {"GET ftp://b.example/ HTTP/1.1" + rest, 400, "BadUri"},
      {"GET http:/// HTTP/1.1" + rest, 400, "bad_authority"},
      {"GET http://u@b.example/ HTTP/1.1" + rest, 400, "bad_authority"},
      {"GET http://b.example:x/ HTTP/1.1" + rest, 400, "bad_authority"},
      {"CONNECT b.example HTTP/1.1" + rest, 400, "BadUri"},
      {"CONNECT / HTTP/1.1" + rest, 400, "BadUri"},
  };
  for (const Refusal& row : cases) {
    CAPTURE(row.bytes);
    RequestParser parser({});
    CHECK(test::Transcript().run(parser, {row.bytes}) == fmt::format("failed {}\n", row.reason));
    CHECK(traits(parser.problem()).status == row.status);
  }
}

TEST_CASE("Host must be there once and be an authority") {
  const auto with = [](std::string_view fields) { return fmt::format("GET / HTTP/1.1\r\n{}\r\n", fields); };
  const Refusal cases[] = {
      {with(""), 400, "missing_host"},
      {with("Host: a\r\nHost: a\r\n"), 400, "repeated_host"},
      {with("Host: a\r\nX: y\r\nhost: b\r\n"), 400, "repeated_host"},
      {with("Host:\r\n"), 400, "bad_authority"},
      {with("Host: u@a\r\n"), 400, "bad_authority"},
      {with("Host: a,b\r\n"), 400, "bad_authority"},
      {with("Host: a b\r\n"), 400, "bad_authority"},
      {with("Host: a/b\r\n"), 400, "bad_authority"},
      {with("Host: a?b\r\n"), 400, "bad_authority"},
      {with("Host: a:b\r\n"), 400, "bad_authority"},
      {with("Host: a:65536\r\n"), 400, "bad_authority"},
      {with("Host: a:80:80\r\n"), 400, "bad_authority"},
      {with("Host: :80\r\n"), 400, "bad_authority"},
      {with("Host: [::1\r\n"), 400, "bad_authority"},
      {with("Host: [::1]x\r\n"), 400, "bad_authority"},
      {with("Host: [127.0.0.1]\r\n"), 400, "bad_authority"},
      {with("Host: [fe80::1%eth0]\r\n"), 400, "bad_authority"},
      {with("Host: ::1\r\n"), 400, "bad_authority"},
      {with("Host: a%2\r\n"), 400, "bad_authority"},
      {with("Host: \xc3\xa9\r\n"), 400, "bad_authority"},
      {"GET http://b.example/ HTTP/1.1\r\n\r\n", 400, "missing_host"},
      {"GET http://b.example/ HTTP/1.1\r\nHost: u@b\r\n\r\n", 400, "bad_authority"},
      {"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400, "repeated_host"},
  };
  for (const Refusal& row : cases) {
    CAPTURE(row.bytes);
    CHECK(read_request(row.bytes) == fmt::format("failed {}\n", row.reason));
  }
}

TEST_CASE("bad chunks and trailers are refused") {
  using namespace std::string_literals;
  const Refusal cases[] = {
      {"x\r\n", 400, "bad_chunk"},
      {"\r\n", 400, "bad_chunk"},
      {"-1\r\n", 400, "bad_chunk"},
      {"0x1\r\n", 400, "bad_chunk"},
      {" 1\r\n", 400, "bad_chunk"},
      {"1 \r\n", 400, "bad_chunk"},
      {"1\n", 400, "bad_chunk"},
      {"1\r1", 400, "bad_chunk"},
      {"1\r\nab", 400, "bad_chunk"},
      {"1\r\na\n0\r\n\r\n", 400, "bad_chunk"},
      {"10000000000000000\r\n", 400, "bad_chunk"},
      {"fffffffffffffffff\r\n", 400, "bad_chunk"},
      {"1;\r\na", 400, "bad_chunk"},
      {"1;a=\x01\r\na", 400, "bad_chunk"},
      {"1;a\n\r\na", 400, "bad_chunk"},
      {"1;a=" + std::string(5000, 'b') + "\r\na\r\n", 400, "bad_chunk"},
      {std::string(5000, '0') + "1\r\na\r\n", 400, "bad_chunk"},
      {"0\r\nX : y\r\n\r\n", 400, "bad_trailer"},
      {"0\r\nX: y\n\r\n", 400, "bad_trailer"},
      {"0\r\nX: y\r\n z\r\n\r\n", 400, "bad_trailer"},
      {"0\r\nX: \0\r\n\r\n"s, 400, "bad_trailer"},
      {"0\r\nContent-Length: 1\r\n\r\n", 400, "bad_trailer"},
      {"0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "bad_trailer"},
      {"0\r\nHost: b\r\n\r\n", 400, "bad_trailer"},
      {"0\r\nX: " + std::string(70000, 'x') + "\r\n\r\n", 431, "header_too_large"},
  };
  for (const Refusal& row : cases) {
    CAPTURE(row.bytes.substr(0, 40));
    RequestParser parser({});
    const std::string transcript =
        test::Transcript().run(parser, {post("Transfer-Encoding: chunked\r\n", row.bytes)});
    CHECK(transcript.substr(transcript.find('\n') + 1).ends_with(fmt::format("failed {}\n", row.reason)));
    CHECK(traits(parser.problem()).status == row.status);
  }
  std::string many = "0\r\n";
  for (int i = 0; i < 129; ++i) many += "X: y\r\n";
  CHECK(read_request(post("Transfer-Encoding: chunked\r\n", many + "\r\n"))
            .ends_with("failed too_many_headers\n"));
}

TEST_CASE("the largest chunk size is read whole") {
  RequestParser parser({});
  std::string bytes = post("Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\nabc");
  CHECK(test::Transcript().run(parser, {bytes}).ends_with("body abc\n"));
}

TEST_CASE("limits hold") {
  const ParserLimits limits{.head_bytes = 200, .fields = 4, .target_bytes = 20};
  const auto sized = [](std::size_t size) {
    const std::string start = get_request("");
    return get_request("X: " + std::string(size - start.size() - 5, 'x') + "\r\n");
  };
  CHECK(sized(200).size() == 200);
  CHECK(read_request(sized(200), limits).ends_with("end\n"));
  CHECK(read_request(sized(201), limits) == "failed header_too_large\n");
  CHECK(read_request(get_request("A: 1\r\nB: 2\r\nC: 3\r\n"), limits).ends_with("end\n"));
  CHECK(read_request(get_request("A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n"), limits) == "failed too_many_headers\n");
  const auto target = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'x') + " HTTP/1.1\r\n" + kHost + "\r\n";
  };
  CHECK(read_request(target(20), limits).ends_with("end\n"));
  CHECK(read_request(target(21), limits) == "failed target_too_long\n");
  CHECK(read_request("GET /" + std::string(100, 'x'), limits) == "failed target_too_long\n");
  CHECK(read_request(std::string(2'000'000, '\n')) == "failed bad_start_line\n");
  std::string lines;
  for (int i = 0; i < 1'000'000; ++i) lines += "\r\n";
  CHECK(read_request(lines) == "failed bad_start_line\n");
  CHECK(read_request(get_request("X: " + std::string(10'000'000, 'x'))) == "failed header_too_large\n");
}

TEST_CASE("pipelined requests are told apart to the byte") {
  const std::string first = post("Content-Length: 3\r\n", "abc");
  const std::string second = get_request("");
  RequestParser parser({});
  const std::string both = first + second;
  std::string_view rest = both;
  const auto step = [&] {
    const Step result = parser.next(rest);
    rest.remove_prefix(result.consumed);
    return result.kind;
  };
  CHECK(parser.idle());
  CHECK(step() == Step::Kind::head);
  CHECK(parser.body_left() == 3);
  CHECK(rest == "abc" + second);
  CHECK(step() == Step::Kind::body);
  CHECK(step() == Step::Kind::end);
  CHECK(rest == second);
  parser.reset();
  CHECK(parser.idle());
  CHECK(step() == Step::Kind::head);
  CHECK(step() == Step::Kind::end);
  CHECK(rest.empty());
}

TEST_CASE("a body may go around the parser") {
  RequestParser parser({});
  CHECK(parser.next(post("Content-Length: 10\r\n")).kind == Step::Kind::head);
  parser.skip_body(4);
  CHECK(parser.body_left() == 6);
  CHECK(parser.next("ab").body == "ab");
  parser.skip_body(4);
  CHECK(parser.next("GET").kind == Step::Kind::end);
}

TEST_CASE("an idle parser knows it, empty lines or not") {
  RequestParser parser({});
  CHECK(parser.idle());
  CHECK(parser.next("\r\n").kind == Step::Kind::need_more);
  CHECK(parser.idle());
  CHECK_FALSE(parser.in_head());
  CHECK(parser.next("G").kind == Step::Kind::need_more);
  CHECK_FALSE(parser.idle());
  CHECK(parser.in_head());
}

TEST_CASE("a failed parser stays failed until it is reset") {
  RequestParser parser({});
  CHECK(parser.next("\x01").kind == Step::Kind::failed);
  CHECK(parser.next(get_request("")).kind == Step::Kind::failed);
  parser.reset();
  CHECK(parser.next(get_request("")).kind == Step::Kind::head);
}

}  // namespace
}  // namespace weir::http
