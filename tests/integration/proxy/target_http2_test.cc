// HTTP/2 with targets: which connections exchanges share, and what becomes of what a target refuses.

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lb/proxy/retry.h"
#include "tests/support/http2_peer.h"
#include "tests/support/proxy.h"
#include "tests/support/tls_peer.h"

namespace weir::test {
namespace {

using http::H2Error;
using http::H2FrameType;

const std::string kRequest = "GET /a HTTP/1.1\r\nHost: shop.example\r\n\r\n";
const std::string kPosted = "POST /a HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 3\r\n\r\nabc";
const Http2Fields kAnswer{{":status", "200"}, {"content-length", "2"}};

// A proxy whose group speaks HTTP/2.
struct Http2World {
  explicit Http2World(const ProxyOptions& options = {}) : proxy(options) {
    proxy.group_settings().http2.emplace();
  }

  // The next connection that weir makes, and its beginning.
  Http2Peer serve(std::unique_ptr<Peer> bytes, std::string_view settings = {}) {
    REQUIRE(bytes);
    Http2Peer target(std::move(bytes));
    REQUIRE(target.bytes().read_bytes(http::kH2Preface.size()) == http::kH2Preface);
    target.settings(settings);
    return target;
  }
  Http2Peer serve(std::string_view settings = {}) { return serve(proxy.accept(), settings); }
  // The next request's head.
  static Http2Frame head(Http2Peer& target) { return target.next(H2FrameType::headers); }
  static void answer(Http2Peer& target, std::uint32_t stream, std::string_view content = "ok") {
    target.headers(stream, kAnswer, false);
    target.data(stream, content, true);
  }
  std::size_t idle() const { return proxy.totals().targets.at(0).idle_connections; }
  std::size_t active() const { return proxy.totals().targets.at(0).active_connections; }

  Proxy proxy;
};

}  // namespace

TEST_CASE("exchanges share one connection to a target, and each gets its own answer") {
  Http2World world;
  auto first = world.proxy.connect();
  auto second = world.proxy.connect();
  first->send(kRequest);
  auto target = world.serve();
  const Http2Frame one = Http2World::head(target);
  CHECK(one.field(":authority") == "shop.example");
  CHECK(one.field(":path") == "/a");
  CHECK(one.field(":scheme") == "http");
  CHECK(one.ends_stream());
  second->send(kRequest);
  const Http2Frame two = Http2World::head(target);
  CHECK(one.head.stream == 1);
  CHECK(two.head.stream == 3);
  CHECK(world.active() == 1);
  Http2World::answer(target, 3, "no");
  Http2World::answer(target, 1, "ok");
  CHECK(second->read().body == "no");
  CHECK(first->read().body == "ok");
  world.proxy.settle();
  CHECK(world.active() == 0);
  CHECK(world.idle() == 1);
  first->send(kRequest);
  CHECK(Http2World::head(target).head.stream == 5);
}

TEST_CASE("content and trailers pass in both directions") {
  Http2World world;
  auto client = world.proxy.connect();
  client->send(
      "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: "
      "x-sum\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n");
  auto target = world.serve();
  CHECK_FALSE(Http2World::head(target).ends_stream());
  CHECK(target.content(1) == "abc");
  target.headers(1, {{":status", "200"}}, false);
  target.data(1, "defg", false);
  target.headers(1, {{"x-end", "2"}}, true);
  const Message answer = client->read();
  CHECK(answer.body == "defg");
  CHECK(answer.trailers == "x-end: 2\r\n");
}

TEST_CASE("what a target allows on one connection goes before another is made") {
  Http2World world;
  auto first = world.proxy.connect();
  auto second = world.proxy.connect();
  first->send(kRequest);
  auto one = world.serve(http2_setting(3, 1));
  CHECK(Http2World::head(one).head.stream == 1);
  world.proxy.settle();
  second->send(kRequest);
  auto two = world.serve(http2_setting(3, 1));
  CHECK(Http2World::head(two).head.stream == 1);
  CHECK(world.active() == 2);
  Http2World::answer(one, 1);
  Http2World::answer(two, 1);
  CHECK(first->read().status() == 200);
  CHECK(second->read().status() == 200);
}

TEST_CASE("what a target allowed on its last connection is what the next one begins with") {
  Http2World world;
  auto first = world.proxy.connect();
  auto second = world.proxy.connect();
  first->send(kRequest);
  auto old = world.serve(http2_setting(3, 1));
  CHECK(Http2World::head(old).head.stream == 1);
  Http2World::answer(old, 1);
  CHECK(first->read().status() == 200);
  old.bytes().close();
  world.proxy.settle();
  first->send(kRequest);
  second->send(kRequest);
  world.proxy.settle();
  auto one = world.serve();
  auto two = world.serve();
  CHECK(Http2World::head(one).head.stream == 1);
  CHECK(Http2World::head(two).head.stream == 1);
}

TEST_CASE(
    "a request that a leaving target has not looked at goes over another connection, whatever its method") {
  Http2World world;
  auto client = world.proxy.connect();
  client->send(kRequest);
  auto old = world.serve();
  CHECK(Http2World::head(old).head.stream == 1);
  Http2World::answer(old, 1);
  CHECK(client->read().status() == 200);
  client->send(kPosted);
  CHECK(Http2World::head(old).head.stream == 3);
  CHECK(old.content(3) == "abc");
  old.goaway(1, H2Error::no_error);
  auto fresh = world.serve();
  CHECK(Http2World::head(fresh).field(":method") == "POST");
  CHECK(fresh.content(1) == "abc");
  Http2World::answer(fresh, 1);
  CHECK(client->read().status() == 200);
  CHECK(old.bytes().wait_gone());
}

TEST_CASE("what a kept connection breaks under begins anew over another one") {
  for (const bool resets : {false, true}) {
    CAPTURE(resets);
    Http2World world;
    auto first = world.proxy.connect();
    auto second = world.proxy.connect();
    first->send(kRequest);
    auto old = world.serve();
    CHECK(Http2World::head(old).head.stream == 1);
    Http2World::answer(old, 1);
    CHECK(first->read().status() == 200);
    first->send(kRequest);
    CHECK(Http2World::head(old).head.stream == 3);
    second->send(kRequest);
    CHECK(Http2World::head(old).head.stream == 5);
    if (resets) {
      old.bytes().reset();
    } else {
      old.bytes().close();
    }
    auto fresh = world.serve();
    CHECK(Http2World::head(fresh).head.stream == 1);
    CHECK(Http2World::head(fresh).head.stream == 3);
    Http2World::answer(fresh, 1);
    Http2World::answer(fresh, 3);
    CHECK(first->read().status() == 200);
    CHECK(second->read().status() == 200);
  }
}

TEST_CASE("a request that a target leaves out again and again, for others, is not given up soon") {
  Http2World world;
  const auto others = [&] {
    std::vector<std::unique_ptr<Peer>> clients;
    for (std::uint32_t i = 0; i <= proxy::kMostFreshConnections; ++i)
      clients.push_back(world.proxy.connect());
    return clients;
  }();
  std::vector<Http2Peer> left;
  auto client = world.proxy.connect();
  // Each connection takes two: another's request, and then this one's.
  others[0]->send(kRequest);
  auto target = world.serve(http2_setting(3, 2));
  CHECK(Http2World::head(target).head.stream == 1);
  client->send(kPosted);
  for (std::uint32_t i = 1; i <= proxy::kMostFreshConnections; ++i) {
    CHECK(target.content(3) == "abc");
    others[i]->send(kRequest);
    auto next = world.serve(http2_setting(3, 2));
    CHECK(Http2World::head(next).head.stream == 1);
    target.goaway(1, H2Error::no_error);
    std::swap(target, next);
    left.push_back(std::move(next));
  }
  CHECK(target.content(3) == "abc");
  target.goaway(1, H2Error::no_error);
  CHECK(client->read().status() == 502);
  CHECK(world.proxy.errors("target_leaving") == 1);
}

TEST_CASE("a target that leaves before it has looked at anything is asked once more, and no further") {
  Http2World world;
  auto client = world.proxy.connect();
  client->send(kPosted);
  for (int i = 0; i < 2; ++i) {
    auto target = world.serve();
    CHECK(Http2World::head(target).field(":method") == "POST");
    target.goaway(0, H2Error::no_error);
  }
  CHECK(client->read().status() == 502);
  CHECK(world.proxy.errors("stream_refused") == 1);
}

TEST_CASE(
    "what a target refuses because it takes fewer goes where there is room, at the first connection too") {
  Http2World world;
  std::vector<std::unique_ptr<Peer>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(world.proxy.connect());
    clients.back()->send(kRequest);
  }
  auto bytes = world.proxy.accept();
  Http2Peer first(std::move(bytes));
  CHECK(first.bytes().read_bytes(http::kH2Preface.size()) == http::kH2Preface);
  for (const std::uint32_t stream : {1U, 3U, 5U}) CHECK(Http2World::head(first).head.stream == stream);
  first.send(http2_frame(H2FrameType::settings, 0, 0, http2_setting(3, 1)) +
             http2_frame(H2FrameType::rst_stream, 0, 3, http2_u32(7)) +
             http2_frame(H2FrameType::rst_stream, 0, 5, http2_u32(7)));
  std::vector<Http2Peer> targets;
  for (int i = 0; i < 2; ++i) {
    auto next = world.serve(http2_setting(3, 1));
    CHECK(Http2World::head(next).head.stream == 1);
    Http2World::answer(next, 1);
    targets.push_back(std::move(next));
  }
  Http2World::answer(first, 1);
  for (const auto& client : clients) CHECK(client->read().status() == 200);
}

TEST_CASE("a stream that a target refuses goes to another one, and no health suffers") {
  Http2World world({.targets = 2});
  world.proxy.group_settings().outlier_detection->consecutive_failures = 1;
  world.proxy.group_settings().algorithm = model::Algorithm::round_robin;
  auto client = world.proxy.connect();
  client->send(kPosted);
  auto one = world.serve();
  CHECK(one.content(1) == "abc");
  one.rst_stream(1, H2Error::refused_stream);
  CHECK(one.content(3) == "abc");  // the connection may only have been full
  one.rst_stream(3, H2Error::refused_stream);
  auto two = world.serve();
  CHECK(two.content(1) == "abc");
  Http2World::answer(two, 1);
  CHECK(client->read().status() == 200);
  CHECK(world.proxy.failing().empty());
}

TEST_CASE("a stream that nobody takes is answered 502") {
  Http2World world;
  auto client = world.proxy.connect();
  client->send(kPosted);
  auto target = world.serve();
  for (const std::uint32_t stream : {1U, 3U}) {
    CHECK(Http2World::head(target).head.stream == stream);
    target.rst_stream(stream, H2Error::refused_stream);
  }
  CHECK(client->read().status() == 502);
  CHECK(world.proxy.errors("stream_refused") == 1);
  world.proxy.settle();
  CHECK(world.idle() == 1);
}

TEST_CASE("a stream that a target resets fails alone") {
  Http2World world;
  auto first = world.proxy.connect();
  auto second = world.proxy.connect();
  first->send(kPosted);
  auto target = world.serve();
  CHECK(Http2World::head(target).head.stream == 1);
  second->send(kRequest);
  CHECK(Http2World::head(target).head.stream == 3);
  target.rst_stream(1, H2Error::internal_error);
  CHECK(first->read().status() == 502);
  CHECK(world.proxy.errors("target_stream_reset") == 1);
  Http2World::answer(target, 3);
  CHECK(second->read().status() == 200);
}

TEST_CASE(
    "exchanges that wait for a connection which fails are tried elsewhere, with what was taken of them") {
  Http2World world({.targets = 2, .target_wire = Wire::memory});
  world.proxy.group_settings().algorithm = model::Algorithm::round_robin;
  world.proxy.target(0).refuse();
  auto client = world.proxy.connect();
  std::optional<Http2Peer> target;
  for (int i = 0; i < 2; ++i) {
    client->send(kPosted);
    if (i == 0) target.emplace(world.serve());
    const Http2Frame head = Http2World::head(*target);
    CHECK(target->content(head.head.stream) == "abc");
    Http2World::answer(*target, head.head.stream);
    CHECK(client->read().status() == 200);
  }
}

TEST_CASE("a target that speaks only HTTP/1.1 is told of, and its answer is none") {
  Http2World world;
  auto client = world.proxy.connect();
  client->send(kRequest);
  auto bytes = world.proxy.accept();
  bytes->send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  CHECK(client->read().status() == 502);
  CHECK(bytes->wait_gone());
  CHECK(world.proxy.errors("response_malformed") == 1);
}

TEST_CASE("over TLS a target has to choose h2") {
  for (const bool offers : {true, false}) {
    Http2World world;
    const TestAuthority authority = TestAuthority::make("Root");
    world.proxy.group_settings().protocol = model::Protocol::https;
    world.proxy.group_settings().tls.emplace();
    net::TlsClientSettings settings{.trust = net::TlsTrust::from_pem(authority.pem()).value(),
                                    .alpn = {"http/1.1"}};
    world.proxy.target_tls = net::TlsClientContext::make(std::move(settings)).value();
    const TlsTarget target(authority.issue({.names = {"shop.example"}}), {}, offers ? "h2" : "http/1.1");
    auto client = world.proxy.connect();
    client->send(kRequest);
    auto peer = target.serve(world.proxy.turns(), world.proxy.accept());
    if (!offers) {
      peer->shake_hands();
      CHECK(client->read().status() == 502);
      CHECK(world.proxy.errors("target_tls") == 1);
      continue;
    }
    REQUIRE(peer->shake_hands());
    CHECK(peer->alpn() == "h2");
    auto spoken = world.serve(std::move(peer));
    CHECK(Http2World::head(spoken).field(":scheme") == "https");
    Http2World::answer(spoken, 1);
    CHECK(client->read().body == "ok");
  }
}

TEST_CASE("an upgrade is not passed on, and the request is one like others") {
  Http2World world;
  auto client = world.proxy.connect();
  client->send(
      "GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
      "13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  auto target = world.serve();
  const Http2Frame head = Http2World::head(target);
  CHECK(head.field(":method") == "GET");
  CHECK(head.field("upgrade").empty());
  CHECK(head.field("connection").empty());
  Http2World::answer(target, 1);
  CHECK(client->read().status() == 200);
}

TEST_CASE("with keepalive off a connection ends with its last exchange") {
  Http2World world;
  world.proxy.group_settings().keepalive.max_idle = 0;
  auto client = world.proxy.connect();
  client->send(kRequest);
  auto target = world.serve();
  CHECK(Http2World::head(target).head.stream == 1);
  Http2World::answer(target, 1);
  CHECK(client->read().status() == 200);
  CHECK(target.next(H2FrameType::goaway).error() == H2Error::no_error);
  CHECK(target.bytes().wait_gone());
  CHECK(world.active() == 0);
}

TEST_CASE("a group that leaves HTTP/2 finishes what is under way") {
  Http2World world;
  auto first = world.proxy.connect();
  auto second = world.proxy.connect();
  first->send(kRequest);
  auto target = world.serve();
  CHECK(Http2World::head(target).head.stream == 1);
  world.proxy.group_settings().http2.reset();
  world.proxy.reload();
  second->send(kRequest);
  auto plain = world.proxy.accept();
  CHECK(plain->read().start_line == "GET /a HTTP/1.1");
  Http2World::answer(target, 1);
  CHECK(first->read().body == "ok");
  CHECK(target.bytes().wait_gone());
}

}  // namespace weir::test
