// Flow control in both directions (RFC 9113 5.2), coupled to the handlers' back-pressure.

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/wire/http2_scene.h"

namespace weir::test {
namespace {

using http::H2Error;
using http::H2FrameType;

constexpr http::Body kChunked{http::Body::Kind::chunked, 0};

// Bytes of which each stretch is different, so that a hole or a repetition shows.
std::string pattern(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; bytes.size() < size; ++i) bytes += std::to_string(i) + ' ';
  return bytes.substr(0, size);
}

Http2Exchange& begin_download(Http2Scene& scene, std::uint32_t stream = 1) {
  const std::size_t place = scene.exchanges().size();
  scene.client().headers(stream, Http2Peer::get(), true);
  Http2Exchange& exchange = scene.exchange(place);
  scene.within_turn([&] { exchange.stream->send_head(http2_response(200, kChunked)); });
  CHECK(scene.client().next(H2FrameType::headers, stream).is(H2FrameType::headers));
  return exchange;
}

Http2Exchange& begin_upload(Http2Scene& scene, std::uint32_t stream = 1) {
  const std::size_t place = scene.exchanges().size();
  scene.client().headers(stream, Http2Peer::post(), false);
  return scene.exchange(place);
}

std::string content_of(const std::vector<Http2Frame>& frames, std::uint32_t stream) {
  std::string content;
  for (const Http2Frame& frame : frames) {
    if (frame.is(H2FrameType::data, stream)) content += frame.payload;
  }
  return content;
}

std::uint32_t window_of(const std::vector<Http2Frame>& frames, std::uint32_t stream) {
  std::uint32_t sum = 0;
  for (const Http2Frame& frame : frames) {
    if (frame.is(H2FrameType::window_update, stream)) sum += frame.number();
  }
  return sum;
}

void send_content(Http2Scene& scene, std::uint32_t stream, std::size_t size) {
  for (std::size_t at = 0; at < size; at += 16'000) {
    scene.client().data(stream, std::string(std::min<std::size_t>(size - at, 16'000), 'u'), false);
  }
  scene.settle();
}

}  // namespace

TEST_CASE("a large body comes whole, in frames of at most what the client takes") {
  for (const std::uint32_t max_frame : {16384U, 40'000U}) {
    CAPTURE(max_frame);
    Http2Scene scene;
    scene.greet(http2_setting(4, 1'000'000) + http2_setting(5, max_frame));
    scene.client().window_update(0, 1'000'000);
    Http2Exchange& exchange = begin_download(scene);
    const std::string body = pattern(300'000);
    scene.within_turn([&] {
      exchange.stream->send_body(body);
      exchange.stream->finish({});
    });
    std::string content;
    std::size_t largest = 0;
    for (bool ended = false; !ended;) {
      const Http2Frame frame = scene.client().next();
      REQUIRE(frame.is(H2FrameType::data, 1));
      content += frame.payload;
      largest = std::max(largest, frame.payload.size());
      ended = frame.ends_stream();
    }
    CHECK((content == body));
    CHECK(largest == max_frame);
    scene.settle();
    CHECK(exchange.sent);
  }
}

TEST_CASE("no more is sent than the window of the stream and that of the connection allow") {
  struct Row {
    std::uint32_t stream_window;
    std::uint32_t more_for_connection;
    std::size_t sent;
  };
  const Row rows[] = {{1000, 0, 1000}, {1'000'000, 0, 65'535}, {1'000'000, 5000, 70'535}, {0, 0, 0}};
  for (const Row& row : rows) {
    CAPTURE(row.stream_window);
    CAPTURE(row.more_for_connection);
    Http2Scene scene;
    scene.greet(http2_setting(4, row.stream_window));
    if (row.more_for_connection != 0) scene.client().window_update(0, row.more_for_connection);
    Http2Exchange& exchange = begin_download(scene);
    const std::string body = pattern(100'000);
    scene.within_turn([&] {
      exchange.stream->send_body(body);
      exchange.stream->finish({});
    });
    scene.settle();
    std::string content = content_of(scene.client().waiting(), 1);
    CHECK(content.size() == row.sent);
    CHECK_FALSE(exchange.sent);
    scene.client().window_update(1, 100'000);
    scene.client().window_update(0, 100'000);
    content += scene.client().content(1);
    CHECK((content == body));
    scene.settle();
    CHECK(exchange.sent);
  }
}

TEST_CASE("an end behind content that has been moved meanwhile is a frame of its own") {
  Http2Scene scene;
  scene.greet(http2_setting(4, 1'000'000));
  scene.client().window_update(0, 1'000'000);
  Http2Exchange& first = begin_download(scene, 1);
  Http2Exchange& second = begin_download(scene, 3);
  const std::string piece = pattern(5000);
  scene.within_turn([&] {
    first.stream->send_body("first");
    for (int i = 0; i < 30; ++i) {  // more parts than one write takes
      second.stream->send_body(piece);
    }
    first.stream->finish({});
  });
  scene.settle();
  const std::vector<Http2Frame> frames = scene.client().waiting();
  CHECK(content_of(frames, 1) == "first");
  CHECK(content_of(frames, 3).size() == 30 * piece.size());
  CHECK(frames.back().is(H2FrameType::data, 1));
  CHECK(frames.back().ends_stream());
  CHECK(first.sent);
}

TEST_CASE("trailers wait for the content that waits") {
  Http2Scene scene;
  scene.greet(http2_setting(4, 10));
  Http2Exchange& exchange = begin_download(scene);
  scene.within_turn([&] {
    exchange.stream->send_body("0123456789abcdef");
    http::FieldList trailers;
    trailers.add("t", "1");
    exchange.stream->finish(trailers);
  });
  CHECK(scene.client().next().payload == "0123456789");
  scene.client().window_update(1, 1000);
  const Http2Frame rest = scene.client().next();
  CHECK(rest.payload == "abcdef");
  CHECK_FALSE(rest.ends_stream());
  const Http2Frame trailers = scene.client().next();
  CHECK(trailers.field("t") == "1");
  CHECK(trailers.ends_stream());
}

TEST_CASE("the windows of open streams follow the settings, below zero too") {
  Http2Scene scene;
  scene.greet(http2_setting(4, 1000));
  Http2Exchange& exchange = begin_download(scene);
  const std::string body = pattern(3000);
  scene.within_turn([&] { exchange.stream->send_body(body); });
  scene.settle();
  CHECK(content_of(scene.client().waiting(), 1).size() == 1000);
  scene.client().settings(http2_setting(4, 400));  // the window is -600 now
  scene.client().window_update(1, 600);
  scene.settle();
  CHECK(content_of(scene.client().waiting(), 1).empty());
  scene.client().settings(http2_setting(4, 1400));
  scene.settle();
  CHECK(content_of(scene.client().waiting(), 1) == body.substr(1000, 1000));
}

TEST_CASE("streams that wait for the connection's window take turns") {
  Http2Scene scene;
  scene.greet(http2_setting(4, 1'000'000));
  Http2Exchange& first = begin_download(scene, 1);
  Http2Exchange& second = begin_download(scene, 3);
  scene.within_turn([&] { first.stream->send_body(scene.keep(std::string(65'535, 'x'))); });
  scene.settle();
  scene.client().waiting();
  scene.within_turn([&] {
    first.stream->send_body(scene.keep(std::string(50'000, '1')));
    second.stream->send_body(scene.keep(std::string(50'000, '2')));
  });
  scene.client().window_update(0, 65'536);
  scene.settle();
  const std::vector<Http2Frame> frames = scene.client().waiting();
  CHECK(content_of(frames, 1).size() == 32'768);
  CHECK(content_of(frames, 3).size() == 32'768);
}

TEST_CASE("a stream with an empty window holds up no other") {
  Http2Scene scene;
  scene.greet(http2_setting(4, 0));
  Http2Exchange& first = begin_download(scene, 1);
  Http2Exchange& second = begin_download(scene, 3);
  scene.within_turn([&] {
    first.stream->send_body("first");
    second.stream->send_body("second");
    second.stream->finish({});
  });
  scene.client().window_update(3, 100);
  CHECK(scene.client().content(3) == "second");
  scene.settle();
  CHECK(content_of(scene.client().waiting(), 1).empty());
}

TEST_CASE("a handler hears of bytes that pile up, and that they have drained") {
  Http2Scene scene;
  scene.greet(http2_setting(4, 0));
  Http2Exchange& exchange = begin_download(scene);
  scene.within_turn(
      [&] { exchange.stream->send_body(scene.keep(std::string(wire::StreamHandler::kHighMark - 1, 'x'))); });
  scene.settle();
  CHECK(exchange.congested == 0);
  scene.within_turn([&] {
    exchange.stream->send_body("x");
    CHECK(exchange.congested == 0);  // not from inside the call
  });
  scene.settle();
  CHECK(exchange.congested == 1);
  scene.client().window_update(1, wire::StreamHandler::kHighMark - wire::StreamHandler::kLowMark - 1);
  scene.settle();
  CHECK(exchange.drained == 0);
  scene.client().window_update(1, 1);
  scene.settle();
  CHECK(exchange.drained == 1);
}

TEST_CASE("a client that reads nothing makes its handlers hear of it, and a bounded amount is kept") {
  Http2Scene scene;
  scene.habits.window = 10'000;
  scene.greet(http2_setting(4, 0x7fffffff));
  scene.client().window_update(0, 0x7fffffff - 65535);
  Http2Exchange& exchange = begin_download(scene);
  std::size_t sent = 0;
  while (exchange.congested == 0 && sent < 10'000'000) {
    scene.within_turn([&] { exchange.stream->send_body(scene.keep(std::string(50'000, 'x'))); });
    sent += 50'000;
    for (int i = 0; i < 10; ++i) scene.settle();
  }
  CHECK(exchange.congested == 1);
  CHECK(sent <= 500'000);
  scene.within_turn([&] { exchange.stream->finish({}); });
  CHECK(scene.client().content(1).size() == sent);
  CHECK(exchange.drained == 1);
}

TEST_CASE("content that is taken is given back to the windows") {
  Http2Scene scene;
  scene.http2.largest_window = scene.http2.stream_window;
  scene.greet();
  Http2Exchange& exchange = begin_upload(scene);
  send_content(scene, 1, 32'000);
  CHECK(window_of(scene.client().waiting(), 1) == 0);  // less than half
  send_content(scene, 1, 1000);
  CHECK(window_of(scene.client().waiting(), 1) == 33'000);
  CHECK(exchange.body.size() == 33'000);
  for (int i = 0; i < 10; ++i) send_content(scene, 1, 50'000);
  const std::vector<Http2Frame> frames = scene.client().waiting();
  CHECK(window_of(frames, 1) >= 500'000 - 32'768);
  CHECK(window_of(frames, 0) >= 524'288);
}

TEST_CASE("a stream whose content is taken as it comes is given a larger window") {
  Http2Scene scene;
  scene.greet();
  begin_upload(scene);
  send_content(scene, 1, 33'000);
  CHECK(window_of(scene.client().waiting(), 1) == 33'000 + 65'536);
  send_content(scene, 1, 98'000);
  CHECK(window_of(scene.client().waiting(), 1) >= 65'536 + 131'072);
}

TEST_CASE("padding counts, and is given back at once") {
  Http2Scene scene;
  scene.greet();
  begin_upload(scene);
  const std::string padding(255, '\0');
  for (int i = 0; i < 131; ++i) {
    scene.client().send(H2FrameType::data, http::h2_flag::kPadded, 1, "\xff" + padding + "x");
  }
  scene.settle();
  CHECK(window_of(scene.client().waiting(), 1) >= 131 * 256);
}

TEST_CASE("while a handler pauses, content waits in the stream and its window stays shut") {
  Http2Scene scene;
  scene.greet();
  Http2Exchange& exchange = begin_upload(scene);
  scene.within_turn([&] { exchange.stream->pause(); });
  send_content(scene, 1, 65'536);
  CHECK(exchange.body.empty());
  CHECK(window_of(scene.client().waiting(), 1) == 0);
  scene.client().data(1, "", true);
  scene.settle();
  CHECK_FALSE(exchange.ended);
  scene.within_turn([&] {
    exchange.stream->resume();
    CHECK(exchange.body.empty());  // not from inside the call
  });
  scene.settle();
  CHECK(exchange.body.size() == 65'536);
  CHECK(exchange.ended);
}

TEST_CASE("a window opens again when its handler goes on") {
  Http2Scene scene;
  scene.http2.largest_window = scene.http2.stream_window;
  scene.greet();
  Http2Exchange& exchange = begin_upload(scene);
  exchange.at_body = [&] { exchange.stream->pause(); };
  send_content(scene, 1, 65'536);
  CHECK_FALSE(exchange.body.empty());
  CHECK(exchange.body.size() <= 4000);
  CHECK(window_of(scene.client().waiting(), 1) == 0);
  exchange.at_body = nullptr;
  scene.within_turn([&] { exchange.stream->resume(); });
  scene.settle();
  CHECK(exchange.body.size() == 65'536);
  CHECK(window_of(scene.client().waiting(), 1) == 65'536);
}

TEST_CASE("more content than a window allows is an error of the stream, or of the connection") {
  {
    Http2Scene scene;
    scene.greet();
    Http2Exchange& exchange = begin_upload(scene);
    scene.within_turn([&] { exchange.stream->pause(); });
    send_content(scene, 1, 65'536);
    scene.client().data(1, "x", false);
    CHECK(scene.client().next(H2FrameType::rst_stream, 1).error() == H2Error::flow_control_error);
    scene.settle();
    CHECK(exchange.client_failed);
  }
  Http2Scene scene;
  scene.http2.connection_window = 100'000;
  scene.greet();
  for (const std::uint32_t id : {1U, 3U}) {
    Http2Exchange& exchange = begin_upload(scene, id);
    scene.within_turn([&] { exchange.stream->pause(); });
  }
  send_content(scene, 1, 50'000);
  send_content(scene, 3, 50'000);
  scene.client().data(3, "x", false);
  CHECK(scene.client().next(H2FrameType::goaway).error() == H2Error::flow_control_error);
  CHECK(scene.server().fault().word == "window_exceeded");
}

TEST_CASE("content that nobody takes any more goes back to the connection's window") {
  Http2Scene scene;
  scene.http2.connection_window = 65'536;
  scene.greet();
  // Held by a stream that is given up.
  Http2Exchange& held = begin_upload(scene, 1);
  scene.within_turn([&] { held.stream->pause(); });
  send_content(scene, 1, 40'000);
  CHECK(window_of(scene.client().waiting(), 0) == 0);
  scene.within_turn([&] { held.stream->cancel(); });
  scene.settle();
  CHECK(window_of(scene.client().waiting(), 0) == 40'000);
  // For a stream that is closed.
  send_content(scene, 1, 40'000);
  CHECK(window_of(scene.client().waiting(), 0) != 0);
}

TEST_CASE("what comes after the answer opens the connection's window again, and the stream's no more") {
  Http2Scene scene;
  scene.http2.connection_window = 131'072;
  scene.greet();
  Http2Exchange& exchange = begin_upload(scene, 1);
  scene.within_turn([&] { exchange.stream->pause(); });
  send_content(scene, 1, 40'000);  // held
  scene.answer(exchange, 413, "no");
  CHECK(scene.client().content(1) == "no");
  send_content(scene, 1, 25'536);
  CHECK(exchange.body.empty());
  const auto frames = scene.client().waiting();
  CHECK(window_of(frames, 0) == 65'536);
  CHECK(window_of(frames, 1) == 0);
  scene.client().data(1, "x", false);
  CHECK(scene.client().next(H2FrameType::rst_stream, 1).error() == H2Error::flow_control_error);
}

TEST_CASE("a request that was answered holds its place among the streams until it ends") {
  Http2Scene scene;
  scene.http2.streams = 1;
  scene.greet();
  scene.answer(begin_upload(scene, 1), 413, "no");
  CHECK(scene.client().content(1) == "no");
  scene.client().headers(3, Http2Peer::get(), true);
  CHECK(scene.client().next(H2FrameType::rst_stream, 3).error() == H2Error::refused_stream);
  scene.client().data(1, "", true);
  scene.client().headers(5, Http2Peer::get(), true);
  scene.answer(scene.exchange(1), 200, "next");
  CHECK(scene.client().content(5) == "next");
}

TEST_CASE("what a stream keeps to be sent goes with it") {
  Http2Scene scene;
  scene.greet(http2_setting(4, 0));
  Http2Exchange& exchange = begin_download(scene);
  scene.within_turn([&] {
    exchange.stream->send_body("kept");
    exchange.stream->cancel();
  });
  scene.client().window_update(1, 1000);
  CHECK(scene.client().next().is(H2FrameType::rst_stream, 1));
  // Another stream takes its place.
  Http2Exchange& other = begin_download(scene, 3);
  scene.client().window_update(3, 1000);
  scene.settle();
  scene.within_turn([&] {
    other.stream->send_body("new");
    other.stream->finish({});
  });
  CHECK(scene.client().content(3) == "new");
}

}  // namespace weir::test
