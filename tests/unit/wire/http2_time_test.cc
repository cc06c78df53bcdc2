// How HTTP/2 connections of clients end in time: deadlines, drains, lifetimes.

#include <doctest/doctest.h>

#include "tests/unit/wire/http2_scene.h"
#include "tests/unit/wire/turns.h"

namespace weir::test {
namespace {

using http::H2Error;
using http::H2FrameType;

// GOAWAY(2^31-1) and a PING; returns what the PING brings.
std::string expect_announcement(Http2Scene& scene) {
  const Http2Frame goaway = scene.client().next(H2FrameType::goaway);
  REQUIRE(goaway.is(H2FrameType::goaway));
  CHECK(goaway.number() == http::kH2MaxStreamId);
  CHECK(goaway.error() == H2Error::no_error);
  const Http2Frame ping = scene.client().next();
  REQUIRE(ping.is(H2FrameType::ping));
  return ping.payload;
}

void expect_end(Http2Scene& scene) {
  CHECK(scene.client().bytes().wait_gone());
  CHECK_FALSE(scene.client().bytes().broken());
  scene.client().bytes().close();
  scene.settle();
  CHECK(scene.closed());
}

}  // namespace

TEST_CASE("a connection without a stream ends after the idle time") {
  Http2Scene scene;
  scene.policy.idle = seconds(60);
  scene.greet();
  scene.client().headers(1, Http2Peer::get(), true);
  Http2Exchange& exchange = scene.exchange();
  scene.advance(seconds(100));
  CHECK(scene.client().waiting().empty());  // a stream is open
  scene.answer(exchange, 200);
  scene.client().next(H2FrameType::headers);
  scene.advance(seconds(59));
  CHECK(scene.client().waiting().empty());
  scene.advance(seconds(1) + kJustAfter);
  const Http2Frame goaway = scene.client().next();
  REQUIRE(goaway.is(H2FrameType::goaway));
  CHECK(goaway.number() == 1);
  CHECK(goaway.error() == H2Error::no_error);
  expect_end(scene);
}

TEST_CASE("a header block that does not end, and a preface that does not come, end the connection") {
  const std::string request = http2_frame(H2FrameType::headers, 5, 1, http2_block(Http2Peer::get()));
  const std::string open_block = http2_frame(H2FrameType::headers, 1, 1, "");
  const std::string settings = http2_frame(H2FrameType::settings, 0, 0, "");
  const std::string preface(http::kH2Preface);
  for (const std::string& bytes :
       {preface.substr(0, 10), preface + settings + request.substr(0, 12), preface + settings + open_block}) {
    CAPTURE(bytes.size());
    Http2Scene scene;
    scene.policy.header = seconds(10);
    scene.start();
    scene.client().send(bytes);
    scene.advance(seconds(9));
    CHECK(scene.client().bytes().gone() == false);
    scene.advance(seconds(1) + kJustAfter);
    CHECK(scene.client().next(H2FrameType::goaway).error() == H2Error::no_error);
    expect_end(scene);
  }
}

TEST_CASE("a body that makes no progress fails its request, and no other") {
  Http2Scene scene;
  scene.policy.body = seconds(10);
  scene.greet();
  scene.client().headers(1, Http2Peer::post(), false);
  scene.client().headers(3, Http2Peer::get(), true);
  Http2Exchange& exchange = scene.exchange(0);
  scene.advance(seconds(8));
  scene.client().data(1, std::string(5000, 'x'), false);
  scene.advance(seconds(9));
  CHECK_FALSE(exchange.request_failed);
  scene.advance(seconds(1) + kJustAfter);
  REQUIRE(exchange.request_failed);
  CHECK(exchange.request_failed->reason == wire::Reason::body_timeout);
  scene.answer(exchange, 408);
  CHECK(scene.client().next(H2FrameType::headers, 1).ends_stream());
  scene.answer(scene.exchange(1), 200, "x");
  CHECK(scene.client().content(3) == "x");
}

TEST_CASE("a request that goes on after its answer is reset in a moment, without an error") {
  Http2Scene scene;
  scene.greet();
  scene.client().headers(1, Http2Peer::post(), false);
  Http2Exchange& exchange = scene.exchange();
  scene.answer(exchange, 413, "no");
  CHECK(scene.client().content(1) == "no");
  scene.advance(milliseconds(400));
  scene.client().data(1, std::string(16'000, 'x'), false);
  scene.settle();
  CHECK(scene.client().waiting().empty());
  scene.advance(milliseconds(100) + kJustAfter);
  const Http2Frame reset = scene.client().next();
  CHECK(reset.is(H2FrameType::rst_stream, 1));
  CHECK(reset.error() == H2Error::no_error);
  CHECK(scene.server().open_streams() == 0);
  CHECK_FALSE(exchange.client_failed);
  scene.client().data(1, "sent before the client knew", false);
  scene.client().headers(3, Http2Peer::get(), true);
  scene.answer(scene.exchange(1), 200, "next");
  CHECK(scene.client().content(3) == "next");
}

TEST_CASE("a client that ends its request after the answer hears from weir once more") {
  Http2Scene scene;
  scene.policy.idle = seconds(60);
  scene.greet();
  scene.client().headers(1, Http2Peer::post(), false);
  scene.answer(scene.exchange(), 413, "no");
  CHECK(scene.client().content(1) == "no");
  scene.client().data(1, "", true);
  scene.settle();
  CHECK(scene.client().waiting().empty());
  scene.advance(milliseconds(500) + kJustAfter);
  CHECK(scene.client().next().is(H2FrameType::ping, 0));
  scene.advance(seconds(10));
  CHECK(scene.client().waiting().empty());
  scene.advance(seconds(50));  // an idle connection as any
  CHECK(scene.client().next().is(H2FrameType::goaway, 0));
}

TEST_CASE("a drain waits for a request that was answered, and not for long") {
  Http2Scene scene;
  scene.greet();
  scene.client().headers(1, Http2Peer::post(), false);
  scene.exchange();
  scene.server().drain(milliseconds(10));
  expect_announcement(scene);
  scene.answer(scene.exchange(), 413, "no");
  CHECK(scene.client().content(1) == "no");
  scene.advance(milliseconds(10) + kJustAfter);
  CHECK(scene.client().next().is(H2FrameType::goaway, 0));
  CHECK_FALSE(scene.client().bytes().gone());
  scene.advance(milliseconds(500) + kJustAfter);
  CHECK(scene.client().next().is(H2FrameType::rst_stream, 1));
  expect_end(scene);
}

TEST_CASE("a body that trickles fails its request") {
  Http2Scene scene;
  scene.policy.body = seconds(10);
  scene.greet();
  scene.client().headers(1, Http2Peer::post(), false);
  Http2Exchange& exchange = scene.exchange();
  for (int i = 0; i < 7; ++i) {
    scene.client().data(1, "x", false);
    scene.advance(seconds(5));
  }
  REQUIRE(exchange.request_failed);
  CHECK(exchange.request_failed->reason == wire::Reason::body_timeout);
}

TEST_CASE("a request of a slow pace may trickle, but not stop") {
  Http2Scene scene;
  scene.policy.body = seconds(10);
  scene.greet();
  scene.client().headers(1, Http2Peer::post(), false);
  Http2Exchange& exchange = scene.exchange();
  scene.within_turn([&] { exchange.stream->set_pace(wire::Pace::slow); });
  for (int i = 0; i < 20; ++i) {
    scene.client().data(1, "x", false);
    scene.advance(seconds(5));
  }
  CHECK_FALSE(exchange.request_failed);
  scene.advance(seconds(5) + kJustAfter);
  REQUIRE(exchange.request_failed);
  CHECK(exchange.request_failed->reason == wire::Reason::body_timeout);
}

TEST_CASE("a conversation ends by silence of both sides, as a tunnel") {
  Http2Scene scene;
  scene.policy.body = seconds(10);
  scene.policy.tunnel = seconds(100);
  scene.greet();
  scene.client().headers(1, Http2Peer::post(), false);
  Http2Exchange& exchange = scene.exchange();
  scene.within_turn([&] {
    exchange.stream->set_pace(wire::Pace::conversation);
    exchange.stream->send_head(http2_response(200, {http::Body::Kind::chunked, 0}));
  });
  scene.advance(seconds(90));
  scene.within_turn([&] { exchange.stream->send_body("event"); });
  scene.advance(seconds(90));
  scene.client().data(1, "x", false);
  scene.advance(seconds(99));
  CHECK_FALSE(exchange.request_failed);
  scene.advance(seconds(1) + kJustAfter);
  REQUIRE(exchange.request_failed);
  CHECK(exchange.request_failed->reason == wire::Reason::body_timeout);
}

TEST_CASE("the time of a body stands still while weir does not take it") {
  Http2Scene scene;
  scene.policy.body = seconds(10);
  scene.greet();
  scene.client().headers(1, Http2Peer::post(), false);
  Http2Exchange& exchange = scene.exchange();
  scene.within_turn([&] { exchange.stream->pause(); });
  scene.advance(seconds(100));
  CHECK_FALSE(exchange.request_failed);
  scene.within_turn([&] { exchange.stream->resume(); });
  scene.advance(seconds(9));
  CHECK_FALSE(exchange.request_failed);
  scene.advance(seconds(1) + kJustAfter);
  CHECK(exchange.request_failed);
}

TEST_CASE("a client that waits for a 100 is not late") {
  Http2Scene scene;
  scene.policy.body = seconds(10);
  scene.greet();
  Http2Fields fields = Http2Peer::post();
  fields.emplace_back("expect", "100-continue");
  scene.client().headers(1, fields, false);
  Http2Exchange& exchange = scene.exchange();
  scene.advance(seconds(100));
  CHECK_FALSE(exchange.request_failed);
  scene.within_turn([&] { exchange.stream->send_interim(http2_response(100)); });
  scene.advance(seconds(10) + kJustAfter);
  CHECK(exchange.request_failed);
}

TEST_CASE("a client that takes nothing loses its connection") {
  Http2Scene scene;
  scene.policy.write = seconds(20);
  scene.habits.window = 5000;
  scene.greet(http2_setting(4, 1'000'000));
  scene.client().headers(1, Http2Peer::get(), true);
  Http2Exchange& exchange = scene.exchange();
  scene.answer(exchange, 200, std::string(50'000, 'x'));
  scene.advance(seconds(19));
  CHECK_FALSE(exchange.over());
  scene.advance(seconds(1) + kJustAfter);
  REQUIRE(exchange.client_failed);
  CHECK(exchange.client_failed->reason == wire::Reason::write_timeout);
  CHECK(scene.closed());
  CHECK(scene.pipe().stream_reset);
}

TEST_CASE("a client that opens no window loses the stream") {
  Http2Scene scene;
  scene.policy.write = seconds(20);
  scene.greet(http2_setting(4, 10));
  scene.client().headers(1, Http2Peer::get(), true);
  Http2Exchange& exchange = scene.exchange();
  scene.answer(exchange, 200, "more than ten bytes");
  scene.advance(seconds(19));
  scene.client().window_update(1, 1);  // a byte moves
  scene.advance(seconds(19));
  CHECK_FALSE(exchange.over());
  scene.advance(seconds(1) + kJustAfter);
  REQUIRE(exchange.client_failed);
  CHECK(exchange.client_failed->reason == wire::Reason::write_timeout);
  CHECK(scene.client().next(H2FrameType::rst_stream, 1).error() == H2Error::cancel);
  CHECK_FALSE(scene.closed());
}

TEST_CASE("a tunnel in which nothing moves ends") {
  Http2Scene scene;
  scene.policy.tunnel = seconds(30);
  scene.policy.body = seconds(5);
  scene.greet();
  scene.client().headers(1,
                         {{":method", "CONNECT"},
                          {":protocol", "websocket"},
                          {":scheme", "https"},
                          {":path", "/"},
                          {":authority", "a.test"}},
                         false);
  Http2Exchange& exchange = scene.exchange();
  exchange.ended = false;
  scene.within_turn([&] { exchange.stream->send_head(http2_response(101)); });
  scene.advance(seconds(29));
  scene.client().data(1, "x", false);
  scene.advance(seconds(29));
  scene.within_turn([&] { exchange.stream->send_body("y"); });
  scene.advance(seconds(29));
  CHECK_FALSE(exchange.over());
  scene.advance(seconds(1) + kJustAfter);
  REQUIRE(exchange.client_failed);
  CHECK(exchange.client_failed->reason == wire::Reason::tunnel_timeout);
}

TEST_CASE("a drain takes new streams until the client can know, and ends when all are done") {
  Http2Scene scene;
  scene.greet();
  scene.client().headers(1, Http2Peer::get(), true);
  scene.exchange(0);
  scene.server().drain(seconds(5));
  const std::string ping = expect_announcement(scene);
  scene.client().headers(3, Http2Peer::get(), true);  // sent before the client knew
  scene.exchange(1);
  scene.client().ping(ping, /*ack=*/true);
  const Http2Frame goaway = scene.client().next();
  REQUIRE(goaway.is(H2FrameType::goaway));
  CHECK(goaway.number() == 3);
  scene.client().headers(5, Http2Peer::get(), true);  // too late: ignored
  scene.settle();
  CHECK(scene.exchanges().size() == 2);
  scene.answer(scene.exchange(1), 200, "three");
  CHECK(scene.client().content(3) == "three");
  scene.settle();
  CHECK_FALSE(scene.client().bytes().gone());
  scene.answer(scene.exchange(0), 200, "one");
  CHECK(scene.client().content(1) == "one");
  expect_end(scene);
}

TEST_CASE("a drain waits for a client that answers no PING, but not long") {
  Http2Scene scene;
  scene.greet();
  scene.server().drain(seconds(5));
  expect_announcement(scene);
  scene.advance(seconds(4));
  CHECK(scene.client().waiting().empty());
  scene.advance(seconds(1) + kJustAfter);
  CHECK(scene.client().next().number() == 0);
  // Nor does it wait for the client's FIN for ever.
  CHECK(scene.client().bytes().wait_gone());
  scene.client().ping("12345678");
  scene.settle();
  CHECK_FALSE(scene.closed());
  scene.advance(seconds(3) + kJustAfter);
  CHECK(scene.closed());
}

TEST_CASE("a connection ends after its requests, or its lifetime, with no stream cut") {
  for (const bool by_age : {false, true}) {
    CAPTURE(by_age);
    Http2Scene scene;
    if (by_age) {
      scene.policy.lifetime = seconds(100);
    } else {
      scene.policy.requests = 2;
    }
    scene.greet();
    scene.client().headers(1, Http2Peer::get(), true);
    scene.exchange(0);
    scene.settle();
    CHECK(scene.client().waiting().empty());
    if (by_age) scene.advance(seconds(100));
    scene.client().headers(3, Http2Peer::get(), true);
    const std::string ping = expect_announcement(scene);
    scene.client().ping(ping, /*ack=*/true);
    CHECK(scene.client().next().number() == 3);
    scene.answer(scene.exchange(0), 200, "one");
    scene.answer(scene.exchange(1), 200, "three");
    CHECK(scene.client().content(1) == "one");
    CHECK(scene.client().content(3) == "three");
    expect_end(scene);
  }
}

TEST_CASE("a client that leaves by GOAWAY gets its answers first") {
  Http2Scene scene;
  scene.greet();
  scene.client().headers(1, Http2Peer::get(), true);
  scene.client().goaway(0, H2Error::no_error);
  scene.settle();
  CHECK_FALSE(scene.client().bytes().gone());
  scene.answer(scene.exchange(), 200, "x");
  CHECK(scene.client().content(1) == "x");
  expect_end(scene);
}

TEST_CASE("an abort fails what is under way") {
  Http2Scene scene;
  scene.greet();
  scene.client().headers(1, Http2Peer::get(), true);
  Http2Exchange& exchange = scene.exchange();
  scene.server().abort();
  REQUIRE(exchange.client_failed);
  CHECK(exchange.client_failed->reason == wire::Reason::stopping);
  CHECK(scene.closed());
}

TEST_CASE("how long a connection waits for a request can be told") {
  Http2Scene scene;
  scene.greet();
  const base::Instant begin = scene.now();
  CHECK(scene.server().waiting_since() == begin);
  scene.advance(seconds(5));
  scene.client().send("\0\0");
  scene.settle();
  CHECK(scene.server().waiting_since() == begin);
  scene.client().headers(1, Http2Peer::get(), true);
  scene.exchange();
  CHECK_FALSE(scene.server().waiting_since());
}

}  // namespace weir::test
