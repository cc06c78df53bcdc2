#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lb/base/random.h"
#include "lb/http/desync.h"
#include "lb/http/forward_rules.h"
#include "lb/http/h1_writer.h"
#include "tests/unit/http/transcript.h"

// Messages that are right, damaged at random. Whole and in single bytes they read the same, so that the
// two ways through a head (plain_head.h and llhttp) agree; and what is forwarded of them is plain.
namespace weir::http {
namespace {

using namespace std::string_literals;

const std::vector<std::string> kRequests = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /a?b=c HTTP/1.1\r\nHost: a:80\r\nConnection: keep-alive, x\r\nX: y \r\nAccept:\t*/*\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\nExpect: "
    "100-continue\r\n\r\n0\r\n\r\n",
    "GET http://b/ HTTP/1.1\r\nHost: [::1]:80\r\nX-Forwarded-For: 1.2.3.4\r\nVia: 1.1 x\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
};
const std::vector<std::string> kResponses = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\n\r\nhello",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
    "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "HTTP/1.0 200\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\nrest",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nDate: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
};

// What damages heads most: characters with a meaning, and pieces that change the framing.
std::string damage(std::string bytes, const std::vector<std::string>& others, base::Random& random) {
  static const std::string characters = "\r\n \t:;,/*#@?%\"\\-0159afxGH\x01\x0b\x7f\x80\xff[]="s + '\0';
  static const std::string pieces[] = {"\r\n",
                                       "\r\n\r\n",
                                       "Content-Length: 5\r\n",
                                       "Transfer-Encoding: chunked\r\n",
                                       "chunked",
                                       "Host: b\r\n",
                                       " HTTP/1.0",
                                       "Connection: close\r\n",
                                       "0\r\n\r\n",
                                       "ffffffffffffffff",
                                       "\r\n folded",
                                       "Content_Length: 1\r\n",
                                       ", chunked"};
  for (std::uint64_t n = 1 + random.below(3); n > 0; --n) {
    const std::size_t at = random.below(bytes.size() + 1);
    const std::size_t size = std::min<std::size_t>(random.below(4), bytes.size() - at);
    switch (random.below(6)) {
      case 0: bytes.erase(at, size); break;
      case 1: bytes.insert(at, 1, characters[random.below(characters.size())]); break;
      case 2: bytes.replace(at, size, 1, characters[random.below(characters.size())]); break;
      case 3: bytes.insert(at, pieces[random.below(std::size(pieces))]); break;
      case 4: bytes.insert(at, bytes, at, size); break;
      default: {
        const std::string& other = others[random.below(others.size())];
        bytes = bytes.substr(0, at) + other.substr(random.below(other.size()));
      }
    }
  }
  return bytes;
}

template <class Parser>
std::string read_pieces(const std::string& bytes, std::size_t size) {
  Parser parser(ParserLimits{.head_bytes = 300, .fields = 8, .target_bytes = 64});
  test::Transcript transcript;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    const std::string piece = bytes.substr(at, size);  // memory of its own: ASan sees an overrun
    if (!transcript.feed(parser, piece)) break;
  }
  return transcript.text();
}

template <class Parser>
void check_damaged(const std::vector<std::string>& seeds, std::uint64_t seed, int rounds) {
  base::Random random(seed);
  for (int i = 0; i < rounds; ++i) {
    const std::string bytes = damage(seeds[random.below(seeds.size())], seeds, random);
    CAPTURE(bytes);
    const std::string whole = read_pieces<Parser>(bytes, bytes.size() + 1);
    REQUIRE(read_pieces<Parser>(bytes, 1) == whole);
    REQUIRE(read_pieces<Parser>(bytes, 1 + random.below(40)) == whole);
  }
}

TEST_CASE("damaged requests read the same however they are cut") {
  check_damaged<RequestParser>(kRequests, 1, 20'000);
}

TEST_CASE("damaged responses read the same however they are cut") {
  check_damaged<ResponseParser>(kResponses, 2, 20'000);
}

// A head as it is forwarded is read again without complaint, with the same framing.
TEST_CASE("whatever was accepted is forwarded as a plain head") {
  base::Random random(3);
  RequestContext context{
      .peer_address = "10.0.0.1", .peer_trusted = true, .port = "80", .target_authority = "t:1"};
  context.ids = TraceIds({1, 2, 3}, 4);
  ForwardPolicy policy{.rfc7239 = true, .via = "node"};
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string bytes = damage(kRequests[random.below(kRequests.size())], kRequests, random);
    CAPTURE(bytes);
    RequestParser parser({});
    if (parser.next(bytes).kind != Step::Kind::head) continue;
    const RequestHead& head = parser.head();
    if (head.method == Method::connect || find_loop(head, policy) != Problem::none) continue;
    ++accepted;
    OutgoingRequest out;
    std::string written;
    build_request(head, policy, context, out);
    write_request_head(written, out, Connection::keep);
    CAPTURE(written);
    RequestParser again({});
    const Step step = again.next(written);
    REQUIRE(step.kind == Step::Kind::head);
    REQUIRE(step.consumed == written.size());
    CHECK(again.head().body == head.body);
    CHECK(again.head().target() == head.target());
    CHECK(again.head().method == head.method);
    CHECK(again.head().keep_alive);
    (void)classify(head);
  }
  CHECK(accepted > 2000);
}

TEST_CASE("whatever a target answered is passed on as a plain head") {
  base::Random random(4);
  for (int i = 0; i < 20'000; ++i) {
    const std::string bytes = damage(kResponses[random.below(kResponses.size())], kResponses, random);
    CAPTURE(bytes);
    ResponseParser parser({});
    if (parser.next(bytes).kind != Step::Kind::head) continue;
    OutgoingResponse out;
    std::string written;
    build_response(parser.head(), {.date = "now", .via = "node"}, out);
    write_response_head(written, out, {});
    CAPTURE(written);
    ResponseParser again({});
    const Step step = again.next(written);
    REQUIRE(step.kind == Step::Kind::head);
    REQUIRE(step.consumed == written.size());
    CHECK(again.head().status == parser.head().status);
    const Body::Kind kind = again.head().body.kind;
    CHECK(kind == response_framing(parser.head().body.kind, {}));
  }
}

}  // namespace
}  // namespace weir::http
