// Streams of one connection that are slow, and connections that have lasted long enough.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>

#include "tests/e2e/http2_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;
namespace http = weir::http;

namespace {

using http::H2Error;

constexpr std::size_t kMebibyte = 1 << 20;
constexpr std::uint32_t kManyBytes = 1 << 30;

std::string stream_timeouts(std::string_view settings) {
  return fmt::format("    timeouts: {{ {} }}\n", settings);
}

// Both phases of a drain: what comes is served until the client can know.
void check_left_in_order(Http2Client& client, std::uint32_t last_stream) {
  CHECK(client.closes());
  REQUIRE(client.goaways().size() == 2);
  CHECK(client.goaways()[0].last_stream == http::kH2MaxStreamId);
  CHECK(client.goaways()[1].last_stream == last_stream);
  for (const Http2Client::GoAway& goaway : client.goaways()) CHECK(goaway.error == H2Error::no_error);
}

}  // namespace

TEST_CASE("a download that its client does not take holds up no other, and little of it is kept") {
  const Backend backend;
  Daemon weir("process: { workers: 1 }\n" + http2_to(backend.address()));
  Http2Client client(weir.address());
  client.frames().window_update(0, kManyBytes);
  const std::uint32_t slow = client.get("/bytes/67108864");
  client.take_nothing_of(slow);
  for (int i = 0; i < 20; ++i) {
    CHECK(client.fetch(request_fields("/name")).body == "backend");
    CHECK(client.fetch(request_fields("/bytes/1048576")).body == pattern(0, kMebibyte));
  }
  CHECK(client.so_far(slow).body.size() == 65535);
  CHECK_FALSE(client.so_far(slow).whole);
  if (!kSanitized) CHECK(weir.process().resident() < 64 * kMebibyte);

  client.frames().rst_stream(slow, H2Error::cancel);
  CHECK(client.fetch(request_fields("/name")).body == "backend");
}

TEST_CASE("a connection whose window is closed is served on, once it opens") {
  const Backend backend;
  Daemon weir(http2_to(backend.address()));
  Http2Client client(weir.address());
  const std::uint32_t first = client.get("/bytes/1000000"), second = client.get("/bytes/1000000");
  client.take_nothing_of(first);
  client.take_nothing_of(second);
  const auto received = [&] { return client.so_far(first).body.size() + client.so_far(second).body.size(); };
  REQUIRE(client.until([&] { return received() == 65535; }));
  CHECK(client.settle());  // what is no content passes
  client.frames().window_update(0, kManyBytes);
  client.frames().window_update(first, kManyBytes);
  client.frames().window_update(second, kManyBytes);
  CHECK(client.answer(first).body == pattern(0, 1'000'000));
  CHECK(client.answer(second).body == pattern(0, 1'000'000));
}

TEST_CASE("an upload to a target that takes nothing is held back by the client's window") {
  constexpr std::size_t kBytes = 64 * kMebibyte;
  std::atomic<bool> takes{false};
  std::atomic<std::size_t> taken{0};
  const ThreadedServer target([&](Connection& connection) {
    const std::vector<std::string> head = connection.head_lines();
    if (head.empty()) return false;
    if (head[0].starts_with("PUT")) {
      eventually([&] { return takes.load(); });
      connection.body(kBytes, [&](std::string_view piece) { taken += piece.size(); });
    }
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    return true;
  });
  Daemon weir("process: { workers: 1 }\n" + http2_to("127.0.0.1:" + target.port()));
  Http2Client client(weir.address());
  const std::uint32_t stream = client.begin(
      request_fields("/", {{":method", "PUT"}, {"content-length", fmt::to_string(kBytes)}}), false);
  const std::string content = pattern(0, kBytes);
  // As much as the kernel keeps for the target, and a window.
  const std::size_t sent = client.send(stream, content, true, Milliseconds(500));
  MESSAGE(sent << " bytes were on their way");
  CHECK(sent >= 65535);
  CHECK(sent < kBytes / 2);
  if (!kSanitized) CHECK(weir.process().resident() < 64 * kMebibyte);
  // Meanwhile the connection is there for others.
  CHECK(client.fetch(request_fields("/")).body == "ok");
  takes = true;
  CHECK(client.send(stream, std::string_view(content).substr(sent), true) == kBytes - sent);
  CHECK(client.answer(stream).body == "ok");
  CHECK(taken == kBytes);
}

TEST_CASE("a client that takes nothing of a response in time loses that stream alone") {
  const Backend backend;
  Daemon weir(http2_to(backend.address(), stream_timeouts("write: 700ms")));
  Http2Client client(weir.address());
  client.frames().window_update(0, kManyBytes);
  const std::uint32_t stream = client.get("/bytes/1000000");
  client.take_nothing_of(stream);
  CHECK(client.answer(stream).reset == H2Error::cancel);
  CHECK(client.fetch(request_fields("/name")).body == "backend");
  const std::vector<Json> lines = weir.access_log(2);
  CHECK(lines[0]["reason"] == "write_timeout");
}

TEST_CASE("a request whose content does not come is answered 408, and its connection stays") {
  const Backend backend;
  Daemon weir(http2_to(backend.address(), stream_timeouts("body: 500ms")));
  Http2Client client(weir.address());
  const std::uint32_t stream =
      client.begin(request_fields("/count", {{":method", "POST"}, {"content-length", "5"}}), false);
  client.send(stream, "ab", false);
  CHECK(client.answer(stream).status == 408);
  CHECK(client.fetch(request_fields("/name")).body == "backend");
}

TEST_CASE("a request head that does not come to its end ends the connection") {
  const Backend backend;
  Daemon weir(http2_to(backend.address(), stream_timeouts("header: 500ms")));
  Http2Client client(weir.address());
  CHECK(client.fetch(request_fields("/name")).body == "backend");
  client.frames().send(http::H2FrameType::headers, http::h2_flag::kEndStream, 3,
                       http2_block(request_fields("/name")));
  CHECK(client.closes());
  REQUIRE(client.goaways().size() == 1);
  CHECK(client.goaways()[0].last_stream == 1);
  CHECK(backend.requests() == 1);
}

TEST_CASE("a connection without a request is closed with a GOAWAY") {
  const Backend backend;
  Daemon weir(http2_to(backend.address(), stream_timeouts("idle: 600ms")));
  Http2Client client(weir.address());
  const Stopwatch watch;
  CHECK(client.fetch(request_fields("/delay/900")).status == 200);  // which is not idle
  CHECK(client.closes());
  CHECK(watch.elapsed() >= Milliseconds(1'490));
  REQUIRE(client.goaways().size() == 1);
  CHECK(client.goaways()[0].error == H2Error::no_error);
  CHECK(client.goaways()[0].last_stream == 1);
}

TEST_CASE("after client_lifetime the next request is among the last ones of its connection") {
  const Backend backend;
  Daemon weir(http2_to(backend.address(), stream_timeouts("client_lifetime: 400ms")));
  Http2Client client(weir.address());
  std::uint32_t last = 0;
  while (client.goaways().empty()) {
    last = client.get("/delay/50");
    CHECK(client.answer(last).status == 200);
  }
  check_left_in_order(client, last);
}

TEST_CASE("after requests_per_connection requests a client is sent away, and what is under way is answered") {
  Backend backend;
  Daemon weir(http2_to(backend.address(), "    limits: { requests_per_connection: 3 }\n"));
  Http2Client client(weir.address());
  const std::uint32_t slow = client.get("/held");
  CHECK(client.fetch(request_fields("/name")).status == 200);
  CHECK(client.goaways().empty());
  const std::uint32_t last = client.get("/name");
  CHECK(client.answer(last).status == 200);
  REQUIRE(client.until([&] { return client.goaways().size() == 2; }));
  backend.release();
  CHECK(client.answer(slow).status == 200);
  check_left_in_order(client, last);
}
