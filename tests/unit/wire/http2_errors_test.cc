// What a client must not do (RFC 9113), and what comes of it.

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>

#include "tests/unit/wire/http2_scene.h"

namespace weir::test {
namespace {

using http::H2Error;
using http::H2FrameType;

constexpr std::uint8_t kEndHeaders = http::h2_flag::kEndHeaders;
constexpr std::uint8_t kEndStream = http::h2_flag::kEndStream;

std::string get_frame(std::uint32_t stream, std::uint8_t flags = kEndHeaders | kEndStream) {
  return http2_frame(H2FrameType::headers, flags, stream, http2_block(Http2Peer::get()));
}

std::string u32_frame(H2FrameType type, std::uint32_t stream, std::uint32_t value) {
  return http2_frame(type, 0, stream, http2_u32(value));
}

// Sends it behind an exchange that is open on stream 1, and expects that the connection ends.
void check_connection_ends(std::string_view what, const std::string& bytes, H2Error error,
                           std::string_view word) {
  CAPTURE(what);
  Http2Scene scene;
  scene.greet();
  scene.client().headers(1, Http2Peer::post(), false);
  Http2Exchange& exchange = scene.exchange();
  scene.client().send(bytes);
  const Http2Frame goaway = scene.client().next(H2FrameType::goaway);
  REQUIRE(goaway.is(H2FrameType::goaway));
  CHECK(to_string(goaway.error()) == to_string(error));
  CHECK(goaway.payload.substr(8) == word);
  CHECK(scene.server().fault().error == error);
  CHECK(scene.server().fault().word == word);
  CHECK(exchange.client_failed);
  CHECK(scene.client().bytes().wait_gone());
  CHECK_FALSE(scene.client().bytes().broken());
  scene.client().bytes().close();
  scene.settle();
  CHECK(scene.closed());
}

// The same, and expects that only `stream` ends.
void check_stream_ends(std::string_view what, const std::string& bytes, std::uint32_t stream, H2Error error) {
  CAPTURE(what);
  Http2Scene scene;
  scene.greet();
  scene.client().headers(1, Http2Peer::post(), false);
  scene.exchange();
  scene.client().send(bytes);
  scene.settle();
  if (Http2Exchange& last = scene.exchanges().back(); last.refused) scene.answer(last, 400);
  const Http2Frame reset = scene.client().next(H2FrameType::rst_stream);
  REQUIRE(reset.is(H2FrameType::rst_stream, stream));
  CHECK(to_string(reset.error()) == to_string(error));
  const std::size_t before = scene.exchanges().size();
  scene.client().headers(99, Http2Peer::get(), true);
  scene.answer(scene.exchange(before), 200, "still here");
  CHECK(scene.client().content(99) == "still here");
}

}  // namespace

TEST_CASE("an error of the connection ends it with GOAWAY and its word") {
  const auto protocol = H2Error::protocol_error;
  check_connection_ends("even id", get_frame(2), protocol, "bad_stream_id");
  check_connection_ends("push", http2_frame(H2FrameType::push_promise, kEndHeaders, 1, http2_u32(2)),
                        protocol, "push_promise");
  check_connection_ends("idle reset", u32_frame(H2FrameType::rst_stream, 3, 8), protocol,
                        "frame_on_idle_stream");
  check_connection_ends("idle data", http2_frame(H2FrameType::data, 0, 3, "x"), protocol,
                        "frame_on_idle_stream");
  check_connection_ends("idle window", u32_frame(H2FrameType::window_update, 3, 8), protocol,
                        "frame_on_idle_stream");
  check_connection_ends("empty window update", u32_frame(H2FrameType::window_update, 0, 0), protocol,
                        "empty_window_update");
  check_connection_ends("window overflow", u32_frame(H2FrameType::window_update, 0, 0x7fffffff),
                        H2Error::flow_control_error, "window_overflow");
  check_connection_ends("initial window overflows an open stream",
                        u32_frame(H2FrameType::window_update, 1, 0x7fffffff - 65535) +
                            http2_frame(H2FrameType::settings, 0, 0, http2_setting(4, 65536)),
                        H2Error::flow_control_error, "window_overflow");
  check_connection_ends("initial window",
                        http2_frame(H2FrameType::settings, 0, 0, http2_setting(4, 0x80000000)),
                        H2Error::flow_control_error, "bad_settings");
  check_connection_ends("max frame", http2_frame(H2FrameType::settings, 0, 0, http2_setting(5, 16383)),
                        protocol, "bad_settings");
  check_connection_ends("enable push", http2_frame(H2FrameType::settings, 0, 0, http2_setting(2, 2)),
                        protocol, "bad_settings");
  check_connection_ends("frame size", http2_frame(H2FrameType::ping, 0, 0, "short"),
                        H2Error::frame_size_error, "bad_frame");
  check_connection_ends("header padding",
                        http2_frame(H2FrameType::headers, kEndHeaders | http::h2_flag::kPadded, 3, "\x7fx"),
                        protocol, "bad_padding");
  check_connection_ends("header block",
                        http2_frame(H2FrameType::headers, kEndHeaders, 3, "\xff\xff\xff\xff\xff"),
                        H2Error::compression_error, "bad_header_block");
  check_connection_ends("trailer block", http2_frame(H2FrameType::headers, 5, 1, "\xff\xff\xff\xff\xff"),
                        H2Error::compression_error, "bad_header_block");
}

TEST_CASE("a header block is not interrupted") {
  const auto protocol = H2Error::protocol_error;
  const std::string begun = get_frame(3, kEndStream);
  check_connection_ends("other frame", begun + http2_frame(H2FrameType::ping, 0, 0, "12345678"), protocol,
                        "header_block_interrupted");
  check_connection_ends("other stream", begun + http2_frame(H2FrameType::continuation, kEndHeaders, 1, ""),
                        protocol, "header_block_interrupted");
  check_connection_ends("data", begun + http2_frame(H2FrameType::data, 0, 1, "x"), protocol,
                        "header_block_interrupted");
  check_connection_ends("unknown", begun + http2_frame(H2FrameType{0x55}, 0, 1, "x"), protocol,
                        "header_block_interrupted");
  check_connection_ends("without a beginning", http2_frame(H2FrameType::continuation, kEndHeaders, 1, ""),
                        protocol, "unexpected_continuation");
}

TEST_CASE("an error of a stream resets that stream only") {
  const auto protocol = H2Error::protocol_error;
  check_stream_ends("window update", u32_frame(H2FrameType::window_update, 1, 0), 1, protocol);
  check_stream_ends("window overflow", u32_frame(H2FrameType::window_update, 1, 0x7fffffff), 1,
                    H2Error::flow_control_error);
  check_stream_ends("trailers without an end", get_frame(1, kEndHeaders), 1, protocol);
  check_stream_ends("pseudo-header field in trailers", get_frame(1), 1, protocol);
  check_stream_ends("malformed request",
                    http2_frame(H2FrameType::headers, 5, 3, http2_block({{":method", "GET"}})), 3, protocol);
  check_stream_ends(
      "content after the end",
      http2_frame(H2FrameType::data, kEndStream, 1, "x") + http2_frame(H2FrameType::data, 0, 1, "y"), 1,
      H2Error::stream_closed);
  check_stream_ends("trailers after the end",
                    http2_frame(H2FrameType::data, kEndStream, 1, "x") + get_frame(1), 1,
                    H2Error::stream_closed);
}

TEST_CASE("a malformed request has its exchange, and is reset in place of the answer") {
  for (const bool end_stream : {true, false}) {
    for (const std::string_view body : {"", "no"}) {
      CAPTURE(end_stream);
      CAPTURE(body);
      Http2Scene scene;
      scene.greet();
      Http2Fields fields = Http2Peer::post("/path");
      fields.emplace_back("connection", "close");
      scene.client().headers(1, fields, end_stream);
      Http2Exchange& exchange = scene.exchange();
      REQUIRE(exchange.refused);
      CHECK(exchange.refused->reason == wire::Reason::malformed);
      CHECK(exchange.refused->problem == http::Problem::bad_header);
      CHECK(exchange.head.target() == "/path");
      scene.within_turn([&] { exchange.stream->send_interim(http2_response(103)); });
      scene.answer(exchange, 400, body);
      const Http2Frame reset = scene.client().next();
      CHECK(reset.is(H2FrameType::rst_stream, 1));
      CHECK(reset.error() == H2Error::protocol_error);
      scene.settle();
      CHECK(exchange.sent);
      CHECK(exchange.sent_bytes == 13);
      CHECK(scene.server().open_streams() == 0);
      CHECK(scene.client().waiting().empty());
    }
  }
}

TEST_CASE("content has the length that the head says") {
  struct Row {
    std::string length;
    std::string content;
    bool fits;
  };
  const Row rows[] = {
      {"5", "hello", true}, {"5", "hell", false}, {"5", "hello!", false}, {"0", "", true}, {"0", "x", false}};
  for (const Row& row : rows) {
    for (const bool trailers : {false, true}) {
      CAPTURE(row.length);
      CAPTURE(row.content);
      CAPTURE(trailers);
      Http2Scene scene;
      scene.greet();
      Http2Fields fields = Http2Peer::post();
      fields.emplace_back("content-length", row.length);
      scene.client().headers(1, fields, false);
      scene.client().data(1, row.content, !trailers);
      if (trailers) scene.client().headers(1, {{"a", "b"}}, true);
      Http2Exchange& exchange = scene.exchange();
      scene.settle();
      CHECK(exchange.ended == row.fits);
      if (row.fits) continue;
      CHECK(scene.client().next(H2FrameType::rst_stream, 1).error() == H2Error::protocol_error);
      REQUIRE(exchange.client_failed);
      CHECK(exchange.client_failed->reason == wire::Reason::malformed);
    }
  }
}

TEST_CASE("frames that mean nothing are ignored") {
  Http2Scene scene;
  scene.greet();
  scene.client().send(H2FrameType{0xfa}, 0xff, 7, "unknown");
  scene.client().send(H2FrameType::priority, 0, 9, std::string(5, '\0'));
  scene.client().send(H2FrameType::settings, 0, 0, http2_setting(0x99, 1));
  scene.client().ping("12345678", /*ack=*/true);
  scene.client().send(H2FrameType::settings, http::h2_flag::kAck, 0, "");
  scene.client().send(get_frame(1));
  scene.answer(scene.exchange(), 200, "x");
  CHECK(scene.client().content(1) == "x");
}

TEST_CASE("what comes late for a stream that is closed does no harm") {
  Http2Scene scene;
  scene.greet();
  scene.client().send(get_frame(1));
  scene.answer(scene.exchange(), 200, "x");
  CHECK(scene.client().content(1) == "x");
  scene.client().rst_stream(1, H2Error::cancel);
  scene.client().window_update(1, 1000);
  scene.client().data(1, "after the end", false);
  CHECK(scene.client().next(H2FrameType::rst_stream, 1).error() == H2Error::stream_closed);
  scene.client().data(1, "again", false);  // before the client knew
  scene.client().send(get_frame(3));
  scene.answer(scene.exchange(1), 200, "y");
  const Http2Frame frame = scene.client().next();
  CHECK(frame.is(H2FrameType::headers, 3));
}

TEST_CASE("what was under way to as many streams as may be open when weir reset them does no harm") {
  constexpr std::uint32_t kStreams = 128;
  Http2Scene scene;
  scene.greet();
  const auto stream_of = [](std::uint32_t i) { return 2 * i + 1; };
  for (std::uint32_t i = 0; i < kStreams; ++i) scene.client().headers(stream_of(i), Http2Peer::post(), false);
  scene.exchange(kStreams - 1);
  scene.within_turn([&] {
    for (Http2Exchange& exchange : scene.exchanges()) exchange.stream->cancel();
  });
  scene.settle();
  CHECK(std::ranges::count_if(scene.client().waiting(), [](const Http2Frame& frame) {
          return frame.head.type == H2FrameType::rst_stream;
        }) == kStreams);
  for (std::uint32_t i = 0; i < kStreams; ++i) {
    for (int piece = 0; piece < 2; ++piece) scene.client().data(stream_of(i), "late", false);
    scene.client().headers(stream_of(i), {{"trailer", "late"}}, true);
  }
  scene.client().headers(stream_of(kStreams), Http2Peer::get(), true);
  scene.answer(scene.exchange(kStreams), 200, "served");
  CHECK(scene.client().content(stream_of(kStreams)) == "served");
}

TEST_CASE("requests that a client gives up after the beginning of their answers are no flood") {
  Http2Scene scene;
  scene.http2.resets_per_second = 10;
  scene.at_request = [](Http2Exchange& exchange) {
    exchange.stream->send_head(http2_response(200, {http::Body::Kind::chunked, 0}));
  };
  scene.greet();
  for (std::uint32_t id = 1; id < 200; id += 2) {
    scene.client().send(get_frame(id));
    scene.client().next(H2FrameType::headers, id);
    scene.client().rst_stream(id, H2Error::cancel);
  }
  scene.at_request = {};
  scene.client().send(get_frame(201));
  scene.answer(scene.exchange(100), 200, "served");
  CHECK(scene.client().content(201) == "served");
}

TEST_CASE("a client that does not know the bound yet may go far beyond it, one that knows may not") {
  for (const bool knows : {false, true}) {
    CAPTURE(knows);
    Http2Scene scene;
    scene.http2.streams = 2;
    scene.greet();
    if (knows) scene.client().send(H2FrameType::settings, http::h2_flag::kAck, 0, "");
    for (std::uint32_t id = 1; id < 600; id += 2) scene.client().send(get_frame(id));
    scene.settle();
    CHECK((scene.server().fault().word == "reset_flood") == knows);
  }
}

TEST_CASE("an id is not used again") {
  Http2Scene scene;
  scene.greet();
  scene.client().send(get_frame(5));
  scene.answer(scene.exchange(), 200, "x");
  CHECK(scene.client().content(5) == "x");
  scene.client().send(get_frame(3));
  CHECK(scene.client().next(H2FrameType::goaway).error() == H2Error::stream_closed);
}

TEST_CASE("the first frame behind the preface is SETTINGS") {
  for (const std::string& bytes :
       {get_frame(1), http2_frame(H2FrameType::settings, http::h2_flag::kAck, 0, ""),
        std::string("GET / HTTP")}) {
    Http2Scene scene;
    scene.start();
    if (!bytes.starts_with("GET")) scene.client().send(http::kH2Preface);
    scene.client().send(bytes);
    CHECK(scene.client().next(H2FrameType::goaway).error() == H2Error::protocol_error);
    CHECK(scene.server().fault().word == "bad_preface");
    CHECK(scene.exchanges().empty());
  }
}

TEST_CASE("streams over the bound are refused, and their fields stay in step") {
  Http2Scene scene;
  scene.http2.streams = 2;
  scene.greet();
  scene.client().send(get_frame(1) + get_frame(3));
  // With an entry for the table, which the next request refers to.
  const std::string indexed = http2_block(Http2Peer::get()) + std::string("\x40\x01x\x05value", 9);
  scene.client().send(H2FrameType::headers, kEndHeaders | kEndStream, 5, indexed);
  CHECK(scene.client().next(H2FrameType::rst_stream, 5).error() == H2Error::refused_stream);
  scene.answer(scene.exchange(0), 200, "x");
  CHECK(scene.client().content(1) == "x");
  scene.client().send(H2FrameType::headers, kEndHeaders | kEndStream, 7,
                      http2_block(Http2Peer::get()) + "\xbe");
  CHECK(scene.exchange(2).head.fields.find("x") == "value");
}

TEST_CASE("a header block may come in pieces") {
  Http2Scene scene;
  scene.greet();
  const std::string block = http2_block(Http2Peer::get("/pieces"));
  scene.client().send(H2FrameType::headers, kEndStream, 1, block.substr(0, 1));
  scene.client().send(H2FrameType::continuation, 0, 1, block.substr(1, 20));
  scene.client().send(H2FrameType::continuation, kEndHeaders, 1, block.substr(21));
  Http2Exchange& exchange = scene.exchange();
  CHECK(exchange.head.target() == "/pieces");
  CHECK(exchange.stream->received_bytes() == block.size() + 27);
}

TEST_CASE("a head over the bound is answered, one far over it ends the connection") {
  Http2Scene scene;
  scene.http2.header_list = 16 * 1024;
  scene.greet();
  const auto send = [&](std::uint32_t stream, std::size_t size) {
    Http2Fields fields = Http2Peer::get();
    fields.emplace_back("x", std::string(size, 'x'));
    const std::string block = http2_block(fields);
    scene.client().send(H2FrameType::headers, kEndStream, stream, block.substr(0, 16384));
    for (std::size_t at = 16384; at < block.size(); at += 16384) {
      const bool last = at + 16384 >= block.size();
      scene.client().send(H2FrameType::continuation, last ? kEndHeaders : std::uint8_t{0}, stream,
                          block.substr(at, 16384));
    }
  };
  send(1, 20'000);
  Http2Exchange& exchange = scene.exchange();
  REQUIRE(exchange.refused);
  CHECK(exchange.refused->problem == http::Problem::header_too_large);
  send(3, 40'000);
  const Http2Frame goaway = scene.client().next(H2FrameType::goaway);
  CHECK(goaway.error() == H2Error::enhance_your_calm);
  CHECK(scene.server().fault().word == "continuation_flood");
}

TEST_CASE("floods end the connection") {
  struct Row {
    std::string_view word;
    std::function<std::string(std::uint32_t)> frame;  // of the round
  };
  const Row rows[] = {
      {"reset_flood",
       [](std::uint32_t i) {
         return get_frame(2 * i + 3) + u32_frame(H2FrameType::rst_stream, 2 * i + 3, 8);
       }},
      {"reset_flood",  // by weir, for what the client did
       [](std::uint32_t i) {
         return http2_frame(H2FrameType::headers, 5, 2 * i + 3, http2_block({{":method", "GET"}}));
       }},
      {"settings_flood", [](std::uint32_t) { return http2_frame(H2FrameType::settings, 0, 0, ""); }},
      {"ping_flood", [](std::uint32_t) { return http2_frame(H2FrameType::ping, 0, 0, "12345678"); }},
      {"empty_data_flood", [](std::uint32_t) { return http2_frame(H2FrameType::data, 0, 1, ""); }},
      {"window_update_flood", [](std::uint32_t) { return u32_frame(H2FrameType::window_update, 1, 1); }},
      {"priority_flood",
       [](std::uint32_t) { return http2_frame(H2FrameType::priority, 0, 1, std::string(5, '\0')); }},
      {"late_frame_flood", [](std::uint32_t) { return u32_frame(H2FrameType::rst_stream, 1, 8); }},
      {"unknown_frame_flood", [](std::uint32_t) { return http2_frame(H2FrameType{0xaa}, 0, 1, "x"); }},
      {"continuation_flood",
       [](std::uint32_t i) {
         return i == 0 ? get_frame(3, 0) : http2_frame(H2FrameType::continuation, 0, 3, "");
       }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.word);
    Http2Scene scene;
    scene.greet();
    scene.client().headers(1, Http2Peer::post(), false);
    scene.exchange();
    std::uint32_t round = 0;
    while (round < 70'000 && scene.server().fault().error == H2Error::no_error) {
      std::string bytes;
      for (int i = 0; i < 20; ++i) bytes += row.frame(round++);
      scene.client().send(bytes);
      scene.settle();
    }
    CHECK(scene.server().fault().error == H2Error::enhance_your_calm);
    CHECK(scene.server().fault().word == row.word);
  }
}

TEST_CASE("a client that goes away fails its exchanges, however it goes") {
  for (const bool reset : {false, true}) {
    CAPTURE(reset);
    Http2Scene scene;
    scene.greet();
    scene.client().send(get_frame(1) + get_frame(3));
    scene.exchange(1);
    if (reset) {
      scene.client().bytes().reset();
    } else {
      scene.client().bytes().close();
    }
    scene.settle();
    CHECK(scene.closed());
    for (Http2Exchange& exchange : scene.exchanges()) {
      REQUIRE(exchange.client_failed);
      CHECK(exchange.client_failed->reason == wire::Reason::client_gone);
    }
  }
}

}  // namespace weir::test
