// Requests and answers over HTTP/2, as one side of them sees the other.

#include "lb/wire/http2_server.h"

#include <doctest/doctest.h>

#include "tests/unit/wire/http2_scene.h"

namespace weir::test {
namespace {

using http::H2Error;
using http::H2FrameType;

http::Body chunked() { return {http::Body::Kind::chunked, 0}; }

http::OutgoingResponse switching_protocols() {
  http::OutgoingResponse head = http2_response(101);
  head.fields.add("Upgrade", "websocket");
  head.fields.add("Sec-WebSocket-Accept", "x");
  return head;
}

Http2Fields websocket() {
  return {{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "https"},
          {":path", "/chat"},     {":authority", "a.test"},   {"sec-websocket-version", "13"}};
}

}  // namespace

TEST_CASE("the server speaks first, with its settings and the window of the connection") {
  Http2Scene scene;
  scene.start();
  const Http2Frame settings = scene.client().next();
  REQUIRE(settings.is(H2FrameType::settings, 0));
  CHECK(settings.payload ==
        http2_setting(3, 128) + http2_setting(4, 65536) + http2_setting(6, 65536) + http2_setting(8, 1));
  const Http2Frame window = scene.client().next();
  REQUIRE(window.is(H2FrameType::window_update, 0));
  CHECK(window.number() == scene.http2.connection_window - 65535);
}

TEST_CASE("a request without content is answered, with the end on its last content") {
  Http2Scene scene;
  scene.greet();
  scene.client().headers(1, Http2Peer::get("/x"), true);
  Http2Exchange& exchange = scene.exchange();
  CHECK(exchange.head.target() == "/x");
  CHECK(exchange.head.authority() == "a.test");
  CHECK(exchange.head.body.kind == http::Body::Kind::none);
  CHECK(exchange.ended);
  scene.answer(exchange, 200, "hello");
  const Http2Frame head = scene.client().next();
  REQUIRE(head.is(H2FrameType::headers, 1));
  CHECK(head.field(":status") == "200");
  CHECK(head.field("content-length") == "5");
  CHECK_FALSE(head.ends_stream());
  const Http2Frame data = scene.client().next();
  REQUIRE(data.is(H2FrameType::data, 1));
  CHECK(data.payload == "hello");
  CHECK(data.ends_stream());
  scene.settle();
  CHECK(exchange.sent);
  const std::string request = http2_frame(H2FrameType::headers, 0, 1, http2_block(Http2Peer::get("/x")));
  CHECK(exchange.received_bytes == request.size());
  CHECK(exchange.sent_bytes == head.payload.size() + data.payload.size() + 18);
  CHECK(scene.server().open_streams() == 0);
  CHECK(scene.server().requests() == 1);
}

TEST_CASE("the same holds when every read gives one byte and every write takes one") {
  Http2Scene scene;
  scene.habits = {};
  scene.greet();
  scene.client().headers(1, Http2Peer::post("/x"), false);
  scene.client().data(1, "to weir", true);
  Http2Exchange& exchange = scene.exchange();
  scene.settle();
  CHECK(exchange.body == "to weir");
  CHECK(exchange.ended);
  const std::string body(10'000, 'x');
  scene.answer(exchange, 200, body);
  CHECK((scene.client().content(1) == body));
}

TEST_CASE("bytes that were read before the connection was made count") {
  Http2Scene scene;
  scene.first = std::string(http::kH2Preface) + http2_frame(H2FrameType::settings, 0, 0, "") +
                http2_frame(H2FrameType::headers, 5, 1, http2_block(Http2Peer::get("/first"))).substr(0, 20);
  scene.start();
  scene.client().send(
      http2_frame(H2FrameType::headers, 5, 1, http2_block(Http2Peer::get("/first"))).substr(20));
  CHECK(scene.exchange().head.target() == "/first");
}

TEST_CASE("streams are answered in any order, and their frames do not mix") {
  Http2Scene scene;
  scene.greet();
  for (const std::uint32_t id : {1U, 3U, 5U}) scene.client().headers(id, Http2Peer::get(), true);
  scene.exchange(2);
  scene.answer(scene.exchange(1), 200, "three");
  CHECK(scene.client().content(3) == "three");
  scene.answer(scene.exchange(2), 200, "five");
  scene.answer(scene.exchange(0), 200, "one");
  CHECK(scene.client().content(5) == "five");
  CHECK(scene.client().content(1) == "one");
}

TEST_CASE("an answer without content ends with its head") {
  struct Row {
    std::string_view method;
    std::uint16_t status;
    http::Body body;
  };
  const Row rows[] = {{"GET", 200, {}},
                      {"HEAD", 200, {http::Body::Kind::length, 5}},
                      {"GET", 204, {http::Body::Kind::length, 5}},
                      {"GET", 304, {http::Body::Kind::length, 5}}};
  for (const Row& row : rows) {
    CAPTURE(row.method);
    CAPTURE(row.status);
    Http2Scene scene;
    scene.greet();
    Http2Fields fields = Http2Peer::get();
    fields[0].second = row.method;
    scene.client().headers(1, fields, true);
    Http2Exchange& exchange = scene.exchange();
    scene.within_turn([&] {
      exchange.stream->send_head(http2_response(row.status, row.body));
      exchange.stream->send_body("hello");
      exchange.stream->finish({});
    });
    const Http2Frame head = scene.client().next();
    CHECK(head.is(H2FrameType::headers, 1));
    CHECK(head.ends_stream());
    scene.settle();
    CHECK(exchange.sent);
    CHECK(scene.client().waiting().empty());
  }
}

TEST_CASE("an end that comes in a later turn than the last content is a frame of its own") {
  Http2Scene scene;
  scene.greet();
  scene.client().headers(1, Http2Peer::get(), true);
  Http2Exchange& exchange = scene.exchange();
  scene.within_turn([&] {
    exchange.stream->send_head(http2_response(200, chunked()));
    exchange.stream->send_body("hello");
  });
  scene.client().next(H2FrameType::headers);
  CHECK_FALSE(scene.client().next().ends_stream());
  CHECK_FALSE(exchange.sent);
  scene.within_turn([&] { exchange.stream->finish({}); });
  const Http2Frame end = scene.client().next();
  CHECK(end.is(H2FrameType::data, 1));
  CHECK(end.payload.empty());
  CHECK(end.ends_stream());
}

TEST_CASE("the end of one stream is not put on the content of another") {
  Http2Scene scene;
  scene.greet();
  scene.client().headers(1, Http2Peer::get(), true);
  scene.client().headers(3, Http2Peer::get(), true);
  Http2Exchange& second = scene.exchange(1);
  Http2Exchange& first = scene.exchange(0);
  scene.within_turn([&] {
    first.stream->send_head(http2_response(200, chunked()));
    second.stream->send_head(http2_response(200, chunked()));
    first.stream->send_body("first");
    second.stream->send_body("second");
    first.stream->finish({});
  });
  CHECK(scene.client().next(H2FrameType::data, 1).payload == "first");
  const Http2Frame other = scene.client().next();
  CHECK(other.payload == "second");
  CHECK_FALSE(other.ends_stream());
  CHECK(scene.client().next(H2FrameType::data, 1).ends_stream());
}

TEST_CASE("trailers go both ways") {
  Http2Scene scene;
  scene.greet();
  scene.client().headers(1, Http2Peer::post(), false);
  scene.client().data(1, "question", false);
  scene.client().headers(1, {{"checksum", "1"}}, true);
  Http2Exchange& exchange = scene.exchange();
  scene.settle();
  CHECK(exchange.body == "question");
  CHECK(exchange.ended);
  CHECK(exchange.trailers == std::vector<std::string>{"checksum: 1"});
  scene.within_turn([&] {
    exchange.stream->send_head(http2_response(200, chunked()));
    exchange.stream->send_body("answer");
    http::FieldList trailers;
    trailers.add("grpc-status", "0");
    exchange.stream->finish(trailers);
  });
  CHECK_FALSE(scene.client().next(H2FrameType::data, 1).ends_stream());
  const Http2Frame trailers = scene.client().next();
  CHECK(trailers.is(H2FrameType::headers, 1));
  CHECK(trailers.field("grpc-status") == "0");
  CHECK(trailers.ends_stream());
}

TEST_CASE("interim responses come before the final one") {
  Http2Scene scene;
  scene.greet();
  Http2Fields fields = Http2Peer::post();
  fields.emplace_back("expect", "100-continue");
  scene.client().headers(1, fields, false);
  Http2Exchange& exchange = scene.exchange();
  CHECK(exchange.head.expect_continue);
  scene.within_turn([&] { exchange.stream->send_interim(http2_response(100)); });
  const Http2Frame interim = scene.client().next();
  CHECK(interim.field(":status") == "100");
  CHECK_FALSE(interim.ends_stream());
  scene.client().data(1, "x", true);
  scene.settle();
  CHECK(exchange.ended);
  scene.answer(exchange, 200);
  CHECK(scene.client().next().field(":status") == "200");
}

TEST_CASE("an answer before the end of its request is whole, and the rest of the request is dropped") {
  for (const bool trailers : {false, true}) {
    CAPTURE(trailers);
    Http2Scene scene;
    scene.greet();
    scene.client().headers(1, Http2Peer::post(), false);
    Http2Exchange& exchange = scene.exchange();
    scene.answer(exchange, 403, "no");
    CHECK(scene.client().next(H2FrameType::data, 1).ends_stream());
    scene.settle();
    CHECK(exchange.sent);
    CHECK(scene.client().waiting().empty());  // no reset, with which a client may lose the answer
    CHECK(scene.server().open_streams() == 1);
    scene.client().data(1, "more", !trailers);
    if (trailers) scene.client().headers(1, {{"checksum", "1"}}, true);
    scene.settle();
    CHECK(scene.server().open_streams() == 0);
    CHECK(exchange.body.empty());
    CHECK_FALSE(exchange.ended);
    scene.client().headers(3, Http2Peer::get(), true);
    scene.answer(scene.exchange(1), 200, "next");
    CHECK(scene.client().content(3) == "next");
  }
}

TEST_CASE("an exchange that is given up is reset, after what was sent of it") {
  Http2Scene scene;
  scene.greet();
  scene.client().headers(1, Http2Peer::get(), true);
  Http2Exchange& exchange = scene.exchange();
  scene.within_turn([&] {
    exchange.stream->send_head(http2_response(200, {http::Body::Kind::length, 100}));
    exchange.stream->send_body("a part");
    exchange.stream->push();
    exchange.stream->cancel();
    exchange.stream->send_body("harmless");
    exchange.stream->finish({});
    exchange.stream->cancel();
  });
  CHECK(scene.client().next(H2FrameType::data, 1).payload == "a part");
  const Http2Frame reset = scene.client().next();
  CHECK(reset.is(H2FrameType::rst_stream, 1));
  CHECK(reset.error() == H2Error::internal_error);
  scene.settle();
  CHECK(scene.client().waiting().empty());
  CHECK_FALSE(exchange.over());
  CHECK(scene.server().open_streams() == 0);
}

TEST_CASE("a client that gives a request up tells its handler, whether content waits or not") {
  for (const std::size_t size : {0U, 100'000U}) {
    CAPTURE(size);
    Http2Scene scene;
    scene.greet();
    scene.client().headers(1, Http2Peer::get(), true);
    Http2Exchange& exchange = scene.exchange();
    scene.within_turn([&] {
      exchange.stream->send_head(http2_response(200, chunked()));
      exchange.stream->send_body(scene.keep(std::string(size, 'x')));
    });
    scene.client().rst_stream(1, H2Error::cancel);
    scene.settle();
    REQUIRE(exchange.client_failed);
    CHECK(exchange.client_failed->reason == wire::Reason::client_gone);
    CHECK(scene.server().open_streams() == 0);
    CHECK_FALSE(scene.closed());
  }
}

TEST_CASE("an answer that is made inside the call for its request is sent") {
  Http2Scene scene;
  scene.at_request = [](Http2Exchange& exchange) {
    exchange.stream->send_head(http2_response(404));
    exchange.stream->finish({});
  };
  scene.greet();
  scene.client().headers(1, Http2Peer::get(), true);
  CHECK(scene.client().next().field(":status") == "404");
  scene.settle();
  CHECK(scene.exchange().sent);
}

TEST_CASE("an extended CONNECT becomes a tunnel") {
  Http2Scene scene;
  scene.greet();
  scene.client().headers(1, websocket(), false);
  Http2Exchange& exchange = scene.exchange();
  CHECK(exchange.head.method == http::Method::get);
  CHECK(exchange.head.fields.find("upgrade") == "websocket");
  CHECK(exchange.head.fields.find("sec-websocket-key")->size() == 24);
  CHECK(exchange.ended);  // of the request
  exchange.ended = false;
  scene.client().data(1, "early ", false);
  scene.settle();
  CHECK(exchange.body.empty());
  scene.within_turn([&] { exchange.stream->send_head(switching_protocols()); });
  const Http2Frame head = scene.client().next();
  CHECK(head.field(":status") == "200");
  CHECK(head.field("upgrade").empty());
  CHECK(head.field("sec-websocket-accept").empty());
  CHECK_FALSE(head.ends_stream());
  scene.client().data(1, "later", false);
  scene.settle();
  CHECK(exchange.body == "early later");
  scene.within_turn([&] { exchange.stream->send_body("to the client"); });
  CHECK(scene.client().next().payload == "to the client");
}

TEST_CASE("each direction of a tunnel ends by itself") {
  for (const bool client_first : {true, false}) {
    CAPTURE(client_first);
    Http2Scene scene;
    scene.greet();
    scene.client().headers(1, websocket(), false);
    Http2Exchange& exchange = scene.exchange();
    exchange.ended = false;
    scene.within_turn([&] { exchange.stream->send_head(switching_protocols()); });
    scene.client().next(H2FrameType::headers);
    const auto client_ends = [&] {
      scene.client().data(1, "last", true);
      scene.settle();
      CHECK(exchange.body == "last");
      CHECK(exchange.ended);
    };
    const auto target_ends = [&] {
      scene.within_turn([&] { exchange.stream->finish({}); });
      CHECK(scene.client().next().ends_stream());
    };
    client_first ? client_ends() : target_ends();
    scene.settle();
    CHECK_FALSE(exchange.over());
    client_first ? target_ends() : client_ends();
    scene.settle();
    CHECK(exchange.sent);
    CHECK(scene.client().waiting().empty());
  }
}

TEST_CASE("a tunnel that is not opened gets an ordinary answer") {
  Http2Scene scene;
  scene.greet();
  scene.client().headers(1, websocket(), false);
  scene.client().data(1, "early", false);
  Http2Exchange& exchange = scene.exchange();
  scene.settle();
  scene.answer(exchange, 403, "no");
  CHECK(scene.client().content(1) == "no");
  scene.client().data(1, "late", true);
  scene.settle();
  CHECK(scene.server().open_streams() == 0);
  CHECK(exchange.body.empty());
}

TEST_CASE("without leave there is no extended CONNECT") {
  Http2Scene scene;
  scene.http2.extended_connect = false;
  scene.greet();
  scene.client().headers(1, websocket(), false);
  Http2Exchange& exchange = scene.exchange();
  REQUIRE(exchange.refused);
  scene.answer(exchange, 400);
  CHECK(scene.client().next().is(H2FrameType::rst_stream, 1));
}

TEST_CASE("a request that is refused is answered, and its content dropped") {
  Http2Scene scene;
  scene.policy.limits.target_bytes = 100;
  scene.greet();
  scene.client().headers(1, Http2Peer::post("/" + std::string(200, 'x')), false);
  scene.client().data(1, "content", true);
  Http2Exchange& exchange = scene.exchange();
  REQUIRE(exchange.refused);
  CHECK(exchange.refused->problem == http::Problem::target_too_long);
  scene.settle();
  scene.answer(exchange, 414);
  CHECK(scene.client().next().field(":status") == "414");
  CHECK(exchange.body.empty());
  CHECK_FALSE(exchange.ended);
}

TEST_CASE("when a request began is when its first byte came") {
  Http2Scene scene;
  scene.greet();
  const std::string request = http2_frame(H2FrameType::headers, 5, 1, http2_block(Http2Peer::get()));
  scene.client().send(request.substr(0, 3));
  const base::Instant before = scene.now();
  scene.advance(seconds(1));
  scene.client().send(request.substr(3) +
                      http2_frame(H2FrameType::headers, 5, 3, http2_block(Http2Peer::get())));
  CHECK(scene.exchange(1).began == before + seconds(1));
  CHECK(scene.exchange(0).began == before);
}

}  // namespace weir::test
