// Calls of gRPC: their deadlines, weir's own answers to them, and what is told of their status.

#include <doctest/doctest.h>

#include "lb/proxy/grpc_call.h"
#include "tests/support/http2_peer.h"
#include "tests/support/proxy.h"

namespace weir::test {
namespace {

using http::H2Error;
using http::H2FrameType;

constexpr base::Duration kGrpcTick = milliseconds(10);
constexpr std::string_view kCallOverHttp1 =
    "POST /shop.Cart/Add HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\n"
    "Transfer-Encoding: chunked\r\nTE: trailers\r\n\r\n0\r\n\r\n";
constexpr std::string_view kGrpcMessage("\0\0\0\0\2hi", 7);

// A proxy whose clients speak HTTP/2, and one of them. Its bytes go through memory: what they make happen has
// happened once the proxy has settled.
struct Calls {
  explicit Calls(const ProxyOptions& options = {.client_wire = Wire::memory, .log = true}) : proxy(options) {
    proxy.listener_settings().http2.emplace();
    proxy.client_habits = {.read_size = 16'384, .write_size = 40'000, .window = 1'000'000, .stutter = false};
  }

  Http2Peer& client() {
    if (!peer) {
      peer = std::make_unique<Http2Peer>(proxy.connect());
      peer->preface();
    }
    return *peer;
  }
  // Begins a call; the client goes on sending unless it `ends`.
  std::uint32_t call(const Http2Fields& more = {}, bool ends = false) {
    Http2Fields fields = Http2Peer::post("/shop.Cart/Add");
    fields.emplace_back("content-type", "application/grpc");
    fields.emplace_back("te", "trailers");
    fields.insert(fields.end(), more.begin(), more.end());
    const std::uint32_t stream = next;
    next += 2;
    client().headers(stream, fields, ends);
    return stream;
  }
  // The connection that weir makes to a target of HTTP/2, and its beginning.
  Http2Peer serve_http2() {
    auto bytes = proxy.accept();
    REQUIRE(bytes);
    Http2Peer target(std::move(bytes));
    REQUIRE(target.bytes().read_bytes(http::kH2Preface.size()) == http::kH2Preface);
    target.settings();
    return target;
  }
  Http2Frame answer(std::uint32_t stream) { return client().next(H2FrameType::headers, stream); }
  // The calls that ended so.
  std::uint64_t ended(std::string_view status, std::string_view by, const std::string& group = "app") {
    std::uint64_t count = 0;
    for (const observe::RouteTotal& route : proxy.totals().routes) {
      if (route.target_group != group) continue;
      for (const auto& [words, its] : route.grpc) {
        if (words == observe::WordPair{status, by}) count += its;
      }
    }
    return count;
  }
  // Those that failed with no 5xx.
  std::vector<observe::WordTotal> failures() {
    std::vector<observe::WordTotal> all;
    for (const observe::RouteTotal& route : proxy.totals().routes)
      all.insert(all.end(), route.grpc_failures.begin(), route.grpc_failures.end());
    return all;
  }
  std::string line() {
    proxy.settle();
    peer.reset();
    const auto lines = proxy.stop();
    REQUIRE(lines.size() == 1);
    return lines[0];
  }

  Proxy proxy;
  std::unique_ptr<Http2Peer> peer;
  std::uint32_t next = 1;
};

// What the client makes of it, and what weir tells of it.
void check_overdue(Calls& calls, std::uint32_t stream, std::string_view attempts) {
  const Http2Frame head = calls.answer(stream);
  CHECK(head.ends_stream());
  CHECK(head.field(":status") == "200");
  CHECK(head.field("grpc-status") == "4");
  CHECK(head.field("grpc-message") == "504 Gateway Timeout (deadline_exceeded)");
  CHECK(calls.proxy.errors("deadline_exceeded") == 1);
  CHECK(calls.ended("DEADLINE_EXCEEDED", "weir") == 1);
  const std::string line = calls.line();
  CHECK(log_field(line, "reason") == "deadline_exceeded");
  CHECK(log_field(line, "grpc_status") == "4");
  CHECK(log_field(line, "attempts") == attempts);
}

}  // namespace

TEST_CASE("an error of weir's own is a status of gRPC, in a head that is all of the answer") {
  Calls calls;
  calls.proxy.target().refuse();
  const Http2Frame head = calls.answer(calls.call());
  CHECK(head.ends_stream());
  CHECK(head.field(":status") == "200");
  CHECK(head.field("content-type") == "application/grpc");
  CHECK(head.field("grpc-status") == "14");
  CHECK(head.field("grpc-message") == "502 Bad Gateway (connect_refused)");
  CHECK(head.field("proxy-status") == "weir; error=connection_refused; details=\"connect_refused\"");
  CHECK(head.field("date") != "");
  CHECK(head.field("x-request-id") != "");
  CHECK(calls.proxy.requests(200) == 1);
  CHECK(calls.proxy.errors("connect_refused") == 1);
  CHECK(calls.ended("UNAVAILABLE", "weir") == 1);
  CHECK(calls.failures() == std::vector<observe::WordTotal>{{"weir", 1}});
  const std::string line = calls.line();
  CHECK(log_field(line, "status") == "200");
  CHECK(log_field(line, "target_status") == "null");
  CHECK(log_field(line, "grpc_status") == "14");
  CHECK(log_field(line, "reason") == "connect_refused");
}

TEST_CASE("a call that came by HTTP/1.1 is answered as one, unless it is no message at all") {
  Proxy proxy({.log = true});
  proxy.target().refuse();
  auto client = proxy.connect();
  client->send(kCallOverHttp1);
  const Message answer = client->read();
  CHECK(answer.status() == 200);
  CHECK(answer.field("grpc-status") == "14");
  CHECK(answer.field("content-length") == "0");
  CHECK_FALSE(client->gone());
  client->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: x\r\n\r\n");
  CHECK(client->read().status() == 400);
  CHECK(client->wait_gone());
}

TEST_CASE("who is no call of gRPC gets plain HTTP, and its grpc-timeout means nothing") {
  Calls calls;
  calls.client();
  auto fields = Http2Peer::post("/");
  SUBCASE("gRPC-Web") { fields.emplace_back("content-type", "application/grpc-web"); }
  SUBCASE("a GET") {
    fields = Http2Peer::get("/");
    fields.emplace_back("content-type", "application/grpc");
  }
  fields.emplace_back("grpc-timeout", "1S");
  calls.client().headers(1, fields, true);
  auto target = calls.proxy.accept();
  target->read();
  calls.proxy.advance(seconds(2));
  CHECK(calls.proxy.errors("deadline_exceeded") == 0);
  target->reset();
  const Http2Frame head = calls.answer(1);
  CHECK(head.field(":status") == "502");
  CHECK(head.field("grpc-status") == "");
  CHECK(log_field(calls.line(), "grpc_status") == "(none)");
}

TEST_CASE("what a rule answers to a call is what the rule says") {
  Calls calls;
  calls.proxy.listener_settings().default_action = model::RespondAction{.status = 404, .body = "no"};
  const std::uint32_t stream = calls.call({}, /*ends=*/true);
  CHECK(calls.answer(stream).field(":status") == "404");
  CHECK(calls.client().content(stream) == "no");
  CHECK(calls.ended("UNIMPLEMENTED", "weir", "") == 1);
  CHECK(log_field(calls.line(), "grpc_status") == "(none)");
}

TEST_CASE("a deadline ends the wait for the head, though the client goes on sending") {
  Calls calls;
  const std::uint32_t stream = calls.call({{"grpc-timeout", "90S"}});
  auto target = calls.proxy.accept();
  CHECK(target->read_to("\r\n\r\n").find("grpc-timeout: 90S\r\n") != std::string::npos);
  for (int i = 0; i < 8; ++i) {
    calls.proxy.advance(seconds(10));
    calls.client().data(stream, pattern(5000), false);
    target->read_to("\r\n");
  }
  calls.proxy.advance(seconds(9));
  CHECK_FALSE(target->gone());
  calls.proxy.advance(seconds(1) + kGrpcTick);
  CHECK(target->wait_gone());
  check_overdue(calls, stream, "1");
}

TEST_CASE("a deadline counts from the first byte of the call") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send(kCallOverHttp1.substr(0, 40));
  proxy.settle();
  proxy.advance(seconds(5));
  std::string rest(kCallOverHttp1.substr(40));
  rest.insert(rest.find("TE:"), "grpc-timeout: 7S\r\n");
  client->send(rest);
  auto target = proxy.accept();
  REQUIRE(target);
  target->read();
  proxy.advance(seconds(2) + kGrpcTick);
  CHECK(client->read().field("grpc-status") == "4");
}

TEST_CASE("a deadline ends the wait for a connection") {
  Calls calls({.client_wire = Wire::memory, .target_wire = Wire::memory, .log = true});
  calls.proxy.target().habits.accepts = false;
  const std::uint32_t stream = calls.call({{"grpc-timeout", "1S"}});
  calls.proxy.advance(seconds(1) - kGrpcTick);
  CHECK(calls.proxy.errors("deadline_exceeded") == 0);
  calls.proxy.advance(kGrpcTick * 2);
  check_overdue(calls, stream, "1");
}

TEST_CASE("a deadline is that of all attempts, and none begins after it") {
  std::string timeout, attempts;
  SUBCASE("within the second attempt") { timeout = "3S", attempts = "2"; }
  SUBCASE("when the first one fails") { timeout = "1S", attempts = "1"; }
  Calls calls({.targets = 2, .client_wire = Wire::memory, .target_wire = Wire::memory, .log = true});
  calls.proxy.target(0).habits.accepts = calls.proxy.target(1).habits.accepts = false;
  const std::uint32_t stream = calls.call({{"grpc-timeout", timeout}});
  calls.proxy.advance(seconds(attempts == "1" ? 1 : 2) + kGrpcTick);
  if (attempts == "2") {
    CHECK(calls.proxy.errors("deadline_exceeded") == 0);
    calls.proxy.advance(seconds(1));
  }
  check_overdue(calls, stream, attempts);
}

TEST_CASE("a deadline ends the wait for a slot, which the next one gets") {
  Calls calls;
  calls.proxy.group_settings().targets[0].max_requests = 1;
  const std::uint32_t first = calls.call({}, /*ends=*/true);
  auto target = calls.proxy.accept();
  target->read();
  const std::uint32_t second = calls.call({{"grpc-timeout", "1S"}});
  const std::uint32_t third = calls.call({{"grpc-timeout", "4S"}}, /*ends=*/true);
  calls.proxy.advance(seconds(1) + kGrpcTick);
  CHECK(calls.answer(second).field("grpc-status") == "4");
  CHECK(calls.proxy.totals().groups[0].queue_length == 1);
  target->send(
      "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nGrpc-Status: 0\r\nContent-Length: 0\r\n\r\n");
  CHECK(calls.answer(first).field("grpc-status") == "0");
  calls.proxy.await_request(target);
  target->read();
  calls.proxy.advance(seconds(3));
  CHECK(calls.answer(third).field("grpc-status") == "4");
  CHECK(calls.ended("DEADLINE_EXCEEDED", "weir") == 2);
  CHECK(calls.proxy.totals().groups[0].queue_length == 0);
}

TEST_CASE("an answer that has begun outlives the deadline") {
  Calls calls;
  const std::uint32_t stream = calls.call({{"grpc-timeout", "1S"}});
  auto target = calls.proxy.accept();
  target->read_to("\r\n\r\n");
  target->send("HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(calls.answer(stream).field(":status") == "200");
  calls.proxy.advance(seconds(5));
  target->send("7\r\n" + std::string(kGrpcMessage) + "\r\n0\r\ngrpc-status: 0\r\n\r\n");
  CHECK(calls.client().next(H2FrameType::data, stream).payload == kGrpcMessage);
  const Http2Frame trailers = calls.answer(stream);
  CHECK(trailers.field("grpc-status") == "0");
  CHECK(trailers.ends_stream());
}

TEST_CASE("a client may be silent once its call is answered, while the target is not") {
  Calls calls;
  calls.proxy.group_settings().http2.emplace();
  const std::uint32_t stream = calls.call();
  Http2Peer target = calls.serve_http2();
  CHECK_FALSE(target.next(H2FrameType::headers, 1).ends_stream());
  target.headers(1, {{":status", "200"}, {"content-type", "application/grpc"}}, false);
  CHECK(calls.answer(stream).field(":status") == "200");
  for (int i = 0; i < 4; ++i) {
    calls.proxy.advance(seconds(50));
    target.data(1, kGrpcMessage, false);
    CHECK(calls.client().next(H2FrameType::data, stream).payload == kGrpcMessage);
  }
  calls.client().data(stream, kGrpcMessage, true);
  CHECK(target.content(1) == kGrpcMessage);
  target.headers(1, {{"grpc-status", "0"}}, true);
  CHECK(calls.answer(stream).field("grpc-status") == "0");
}

TEST_CASE("a client whose call the target does not take for one may not be silent") {
  Calls calls;
  calls.proxy.group_settings().http2.emplace();
  const std::uint32_t stream = calls.call();
  Http2Peer target = calls.serve_http2();
  target.next(H2FrameType::headers, 1);
  target.headers(1, {{":status", "200"}, {"content-type", "text/html"}}, false);
  CHECK(calls.answer(stream).field(":status") == "200");
  calls.proxy.advance(seconds(30) + kGrpcTick);
  CHECK(calls.client().next(H2FrameType::rst_stream, stream).is(H2FrameType::rst_stream, stream));
  CHECK(calls.proxy.errors("body_timeout") == 1);
}

TEST_CASE("a client whose call is not answered may not, nor one of a group without HTTP/2") {
  Calls calls;
  const std::uint32_t stream = calls.call();
  auto target = calls.proxy.accept();
  target->read_to("\r\n\r\n");
  SUBCASE("an answer that begins") {
    target->send("HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK(calls.answer(stream).field(":status") == "200");
    calls.proxy.advance(seconds(30) + kGrpcTick);
    CHECK(calls.client().next(H2FrameType::rst_stream, stream).is(H2FrameType::rst_stream, stream));
  }
  SUBCASE("none") {
    calls.proxy.advance(seconds(30) + kGrpcTick);
    CHECK(calls.answer(stream).field("grpc-status") != "");
  }
  CHECK(calls.proxy.errors("body_timeout") == 1);
}

TEST_CASE("an exchange has no deadline of the one before it") {
  Calls calls;
  std::unique_ptr<Peer> target;
  const std::string ok =
      "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nGrpc-Status: 0\r\nContent-Length: 0\r\n\r\n";
  for (const bool has : {true, false}) {
    const std::uint32_t stream = calls.call(has ? Http2Fields{{"grpc-timeout", "1S"}} : Http2Fields{}, true);
    calls.proxy.await_request(target);
    target->read();
    if (!has) calls.proxy.advance(seconds(5));
    target->send(ok);
    CHECK(calls.answer(stream).field("grpc-status") == "0");
    calls.proxy.settle();
  }
}

TEST_CASE("a deadline says nothing against the target, a timeout of weir's does") {
  std::string timeout;
  SUBCASE("deadline") { timeout = "5S"; }
  SUBCASE("timeout") { timeout = "50S"; }
  Calls calls;
  calls.proxy.group_settings().timeouts.response = seconds(10);
  calls.proxy.group_settings().outlier_detection.emplace().consecutive_failures = 1;
  const std::uint32_t stream = calls.call({{"grpc-timeout", timeout}}, /*ends=*/true);
  auto target = calls.proxy.accept();
  target->read();
  calls.proxy.advance(seconds(5) + kGrpcTick);
  calls.proxy.advance(seconds(5) + kGrpcTick);
  const bool overdue = timeout == "5S";
  CHECK(calls.answer(stream).field("grpc-status") == (overdue ? "4" : "14"));
  CHECK(calls.proxy.failing().size() == (overdue ? 0 : 1));
}

TEST_CASE("what a target says of a call is logged and counted, wherever it stands") {
  const struct {
    const char* what;
    const char* answer;
    const char* logged;
    const char* counted;
    bool fails = false;
  } rows[] = {
      {"trailers",
       "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n"
       "2\r\nhi\r\n0\r\nGrpc-Status: 5\r\n\r\n",
       "5", "NOT_FOUND"},
      {"a head alone",
       "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nGrpc-Status: 7\r\nContent-Length: 0\r\n\r\n",
       "7", "PERMISSION_DENIED"},
      {"a number of its own",
       "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nGrpc-Status: 99\r\nContent-Length: 0\r\n\r\n",
       "99", "other"},
      {"a failure",
       "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n"
       "2\r\nhi\r\n0\r\nGrpc-Status: 13\r\n\r\n",
       "13", "INTERNAL", true},
      {"no gRPC", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", "(none)", "UNAVAILABLE"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Calls calls;
    const std::uint32_t stream = calls.call({}, /*ends=*/true);
    auto target = calls.proxy.accept();
    target->read();
    target->send(row.answer);
    Http2Frame last = calls.answer(stream);
    if (!last.ends_stream()) last = calls.answer(stream);
    CHECK(last.field("grpc-status") == (row.logged[0] == '(' ? "" : row.logged));
    calls.proxy.settle();
    CHECK(calls.ended(row.counted, "target") == 1);
    CHECK(calls.failures().size() == (row.fails ? 1 : 0));
    if (row.fails) CHECK(calls.failures()[0] == observe::WordTotal{"target", 1});
    CHECK(log_field(calls.line(), "grpc_status") == row.logged);
  }
}

TEST_CASE("an answer that breaks resets the stream, and says no status") {
  Calls calls;
  const std::uint32_t stream = calls.call({}, /*ends=*/true);
  auto target = calls.proxy.accept();
  target->read();
  target->send(
      "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nGrpc-Status: 0\r\nContent-Length: 9\r\n\r\nhi");
  CHECK(calls.answer(stream).field(":status") == "200");
  target->close();
  CHECK(calls.client().next(H2FrameType::rst_stream, stream).error() == H2Error::internal_error);
  CHECK(calls.ended("INTERNAL", "weir") == 1);
  const std::string line = calls.line();
  CHECK(log_field(line, "grpc_status") == "(none)");
  CHECK(log_field(line, "reason") == "response_truncated");
}

TEST_CASE("a call that its client cancels counts as that") {
  Calls calls;
  const std::uint32_t stream = calls.call({{"grpc-timeout", "9S"}});
  auto target = calls.proxy.accept();
  target->read_to("\r\n\r\n");
  calls.client().rst_stream(stream, H2Error::cancel);
  CHECK(target->wait_gone());
  CHECK(calls.ended("CANCELLED", "client") == 1);
  calls.proxy.advance(seconds(10));
  CHECK(log_field(calls.line(), "status") == "460");
}

}  // namespace weir::test
