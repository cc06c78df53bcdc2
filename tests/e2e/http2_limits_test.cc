// What clients of HTTP/2 must not do: a stream or a connection ends, and nobody else notices.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "tests/e2e/http2_scene.h"
#include "tests/e2e/tls_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;
namespace http = weir::http;

namespace {

using http::H2Error;
using http::H2FrameType;

// Frames, again and again until the daemon has enough of them, and another client is served meanwhile. The
// word of its GOAWAY.
std::string flood(const Daemon& weir, const std::function<std::string(std::uint32_t number)>& frames) {
  constexpr std::uint32_t kEnough = 20'000;
  Http2Client client(weir.address()), beside(weir.address());
  REQUIRE(client.settle());
  for (std::uint32_t i = 0; i < kEnough && client.goaways().empty();) {
    std::string several;
    for (const std::uint32_t end = i + 20; i < end; ++i) several += frames(i);
    client.frames().send(several);
    client.catch_up();
    if (client.frames().bytes().gone()) break;
    if (i % 200 == 0) CHECK(beside.fetch(request_fields("/name")).status == 200);
  }
  CHECK(client.closes());
  CHECK(beside.fetch(request_fields("/name")).body == "backend");
  REQUIRE(client.goaways().size() == 1);
  CHECK(client.goaways()[0].error == H2Error::enhance_your_calm);
  return client.goaways()[0].word;
}

std::string get_frame(std::uint32_t stream, bool end_stream = true) {
  const std::uint8_t end = end_stream ? http::h2_flag::kEndStream : std::uint8_t{0};
  return http2_frame(H2FrameType::headers, static_cast<std::uint8_t>(end | http::h2_flag::kEndHeaders),
                     stream, http2_block(request_fields("/name")));
}

std::uint32_t stream_of(std::uint32_t number) { return 2 * number + 1; }

std::string reset_frame(std::uint32_t stream) {
  return http2_frame(H2FrameType::rst_stream, 0, stream, http2_u32(8));
}

}  // namespace

TEST_CASE("floods end their connection with ENHANCE_YOUR_CALM and a line in the log, and others are served") {
  struct Row {
    const char* word;
    std::function<std::string(std::uint32_t)> frames;
  };
  const Row rows[] = {
      {"reset_flood", [](std::uint32_t i) { return get_frame(stream_of(i)) + reset_frame(stream_of(i)); }},
      {"reset_flood",
       [](std::uint32_t i) {  // weir resets these, for what they are (CVE-2025-8671)
         return get_frame(stream_of(i)) +
                http2_frame(H2FrameType::window_update, 0, stream_of(i), http2_u32(0));
       }},
      {"ping_flood", [](std::uint32_t) { return http2_frame(H2FrameType::ping, 0, 0, "flooding"); }},
      {"settings_flood", [](std::uint32_t) { return http2_frame(H2FrameType::settings, 0, 0, ""); }},
      {"priority_flood",
       [](std::uint32_t) {
         return http2_frame(H2FrameType::priority, 0, 1, http2_u32(0) + std::string(1, '\x10'));
       }},
      {"window_update_flood",
       [](std::uint32_t) { return http2_frame(H2FrameType::window_update, 0, 0, http2_u32(1)); }},
      {"unknown_frame_flood",
       [](std::uint32_t) { return http2_frame(H2FrameType{0xee}, 0, 0, std::string(8, 'x')); }},
      {"empty_data_flood",
       [](std::uint32_t i) {
         return (i == 0 ? get_frame(1, /*end_stream=*/false) : "") + http2_frame(H2FrameType::data, 0, 1, "");
       }},
      {"continuation_flood",
       [](std::uint32_t i) {
         if (i == 0) return http2_frame(H2FrameType::headers, http::h2_flag::kEndStream, 1, "");
         return http2_frame(H2FrameType::continuation, 0, 1, http2_block({{"x", std::string(1000, 'x')}}));
       }},
      {"continuation_flood",
       [](std::uint32_t i) {
         if (i == 0) return http2_frame(H2FrameType::headers, http::h2_flag::kEndStream, 1, "");
         return http2_frame(H2FrameType::continuation, 0, 1, "");
       }},
  };
  const Backend backend;
  for (const Row& row : rows) {
    INFO(row.word);
    Daemon weir("process: { workers: 1 }\n" + http2_to(backend.address()));
    CHECK(flood(weir, row.frames) == row.word);
    CHECK(eventually([&] { return times_logged(weir, row.word) == 1; }));
    CHECK(Metrics(weir).sum("weir_connections_rejected_total", {"reason=\"http2_flood\""}) == 1);
    CHECK(eventually([&] { return weir.status()["listeners"][0]["connections"] == 0; }));
  }
}

TEST_CASE("resets_per_second says how many requests may be given up") {
  const Backend backend;
  Daemon weir(http2_to(backend.address(), {}, "{ resets_per_second: 1000000 }"));
  Http2Client client(weir.address());
  for (std::uint32_t i = 0; i < 2000; ++i) client.frames().rst_stream(client.get("/name"), H2Error::cancel);
  CHECK(client.settle());
  CHECK(client.goaways().empty());
  CHECK(client.fetch(request_fields("/name")).body == "backend");
}

TEST_CASE("what is against the rules of header fields is reset and never forwarded") {
  using Fields = Http2Fields;
  struct Row {
    const char* name;
    Fields fields;
  };
  const Row rows[] = {
      {"an upper-case name", request_fields("/", {{"X-Upper", "1"}})},
      {"connection", request_fields("/", {{"connection", "close"}})},
      {"keep-alive", request_fields("/", {{"keep-alive", "timeout=5"}})},
      {"proxy-connection", request_fields("/", {{"proxy-connection", "keep-alive"}})},
      {"transfer-encoding", request_fields("/", {{"transfer-encoding", "chunked"}})},
      {"upgrade", request_fields("/", {{"upgrade", "websocket"}})},
      {"te other than trailers", request_fields("/", {{"te", "gzip"}})},
      {"a pseudo-header field behind others",
       {{":method", "GET"}, {":scheme", "http"}, {"x", "1"}, {":path", "/"}, {":authority", "a"}}},
      {"a pseudo-header field twice",
       {{":method", "GET"}, {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}}},
      {"one that nobody knows", request_fields("/", {{":version", "2"}})},
      {"one of responses", request_fields("/", {{":status", "200"}})},
      {"no :method", {{":scheme", "http"}, {":path", "/"}, {":authority", "a"}}},
      {"no :scheme", {{":method", "GET"}, {":path", "/"}, {":authority", "a"}}},
      {"no :path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}}},
      {"an empty :path", request_fields("")},
      {"a :path that is none", request_fields("name")},
      {"another Host", request_fields("/", {{"host", "b.test"}})},
      {"two Hosts", request_fields("/", {{"host", "a.test"}, {"host", "a.test"}})},
      {"user information", request_fields("/", {{":authority", "user@a.test"}})},
      {"a line feed in a value", request_fields("/", {{"x", "a\nb: c"}})},
      {"a carriage return in a value", request_fields("/", {{"x", "a\rb"}})},
      {"a NUL in a value", request_fields("/", {{"x", std::string("a\0b", 3)}})},
      {"a space before a value", request_fields("/", {{"x", " a"}})},
      {"a colon in a name", request_fields("/", {{"x:y", "a"}})},
      {"a space in a name", request_fields("/", {{"x y", "a"}})},
      {"a line feed in the path", request_fields("/a\n/b")},
      {"two lengths", request_fields("/", {{"content-length", "0"}, {"content-length", "1"}})},
      {"a length without content", request_fields("/", {{":method", "POST"}, {"content-length", "5"}})},
      {"CONNECT with a path", request_fields("/", {{":method", "CONNECT"}})},
      {":protocol without CONNECT", request_fields("/", {{":protocol", "websocket"}})},
  };
  const Backend backend;
  Daemon weir("process: { workers: 1 }\n" + http2_to(backend.address()));
  for (const Row& row : rows) {
    INFO(row.name);
    Http2Client client(weir.address());
    const Http2Answer got = client.fetch(row.fields);
    CHECK(got.status == 0);
    CHECK(got.reset == H2Error::protocol_error);
    // The connection is as good as before.
    CHECK(client.fetch(request_fields("/beside", {{"te", "trailers"}, {"host", "A.test:80"}})).status == 200);
    CHECK(client.goaways().empty());
  }
  CHECK(backend.requests() == static_cast<int>(std::size(rows)));
  // Each has its line in the log, and is counted, as the same over HTTP/1.1.
  const std::vector<Json> log = weir.access_log(2 * std::size(rows));
  REQUIRE(log.size() == 2 * std::size(rows));
  std::size_t severe = 0;
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    INFO(rows[i].name);
    const Json& line = log[2 * i];
    CHECK(line["status"] == 400);
    CHECK(line["protocol"] == "HTTP/2.0");
    CHECK(line["reason"] != "");
    if (line["classification"] == "severe") ++severe;
    CHECK(log[2 * i + 1]["status"] == 200);
  }
  const Metrics metrics(weir);
  CHECK(metrics.sum("weir_requests_total", {"code=\"400\""}) == std::size(rows));
  CHECK(metrics.sum("weir_request_errors_total") == std::size(rows));
  CHECK(severe > std::size(rows) / 2);
  CHECK(metrics.sum("weir_desync_requests_total", {"class=\"severe\""}) == severe);
}

TEST_CASE("content that is not as long as was said is not taken for a whole request") {
  const Backend backend;
  Daemon weir(http2_to(backend.address()));
  Http2Client client(weir.address());
  const auto post = [&](const char* length) {
    return client.begin(request_fields("/count", {{":method", "POST"}, {"content-length", length}}), false);
  };
  const std::uint32_t less = post("10");
  client.send(less, pattern(0, 9), true);
  CHECK(client.answer(less).reset == H2Error::protocol_error);
  const std::uint32_t more = post("10");
  client.send(more, pattern(0, 11), true);
  CHECK(client.answer(more).reset == H2Error::protocol_error);
  const std::uint32_t right = post("10");
  client.send(right, pattern(0, 10), true);
  CHECK(client.answer(right).body == "10 right");
  const std::vector<Json> log = weir.access_log(3);
  REQUIRE(log.size() == 3);
  for (const char* reason : {"incomplete_body", "BadContentLength"}) {
    const auto line = std::ranges::find(log, reason, [](const Json& one) { return one["reason"]; });
    REQUIRE(line != log.end());
    CHECK((*line)["status"] == 400);
  }
  CHECK(Metrics(weir).sum("weir_desync_requests_total", {"reason=\"BadContentLength\""}) == 1);
}

TEST_CASE("requests beyond http2.streams are refused, and those before are answered") {
  Backend backend;
  Daemon weir(http2_to(backend.address(), {}, "{ streams: 4 }"));
  Http2Client client(weir.address());
  REQUIRE(client.settle());
  CHECK(client.setting(3) == 4);
  std::vector<std::uint32_t> served, refused;
  for (int i = 0; i < 4; ++i) served.push_back(client.get("/held"));
  for (int i = 0; i < 3; ++i) refused.push_back(client.get("/name"));
  for (const std::uint32_t stream : refused) CHECK(client.answer(stream).reset == H2Error::refused_stream);
  backend.release();
  for (const std::uint32_t stream : served) CHECK(client.answer(stream).status == 200);
  CHECK(client.fetch(request_fields("/name")).status == 200);
  CHECK(backend.requests() == 5);
}

TEST_CASE("header_list bounds the fields of a request together, and is told") {
  const Backend backend;
  Daemon weir(http2_to(backend.address(), {}, "{ header_list: 8KiB }"));
  Http2Client client(weir.address());
  REQUIRE(client.settle());
  CHECK(client.setting(6) == 8192);
  const auto with = [&](std::size_t count) {
    Http2Fields more;
    for (std::size_t i = 0; i < count; ++i) more.emplace_back(fmt::format("x-{}", i), std::string(100, 'a'));
    return client.fetch(request_fields("/name", more)).status;
  };
  CHECK(with(40) == 200);
  CHECK(with(80) == 431);
  CHECK(with(40) == 200);
  CHECK(client.goaways().empty());
}

TEST_CASE("garbage instead of HTTP/2 ends the connection, and says why") {
  struct Row {
    const char* name;
    std::string bytes;
    H2Error error;
  };
  const Row rows[] = {
      {"a frame before SETTINGS", http2_frame(H2FrameType::ping, 0, 0, "12345678"), H2Error::protocol_error},
      {"a frame too large",
       http2_frame(H2FrameType::settings, 0, 0, "") + std::string("\xff\xff\xff\0\0\0\0\0\1", 9),
       H2Error::frame_size_error},
      {"a header block that is none",
       http2_frame(H2FrameType::settings, 0, 0, "") +
           http2_frame(H2FrameType::headers, 0x5, 1, std::string(20, '\xff')),
       H2Error::compression_error},
      {"an even stream", http2_frame(H2FrameType::settings, 0, 0, "") + get_frame(2),
       H2Error::protocol_error},
      {"a push",
       http2_frame(H2FrameType::settings, 0, 0, "") +
           http2_frame(H2FrameType::push_promise, 4, 1, http2_u32(2)),
       H2Error::protocol_error},
      {"a window beyond all",
       http2_frame(H2FrameType::settings, 0, 0, "") +
           http2_frame(H2FrameType::window_update, 0, 0, http2_u32(0x7fffffff)),
       H2Error::flow_control_error},
  };
  const Backend backend;
  Daemon weir(http2_to(backend.address()));
  for (const Row& row : rows) {
    INFO(row.name);
    Connection client(weir.address());
    client.send(std::string(http::kH2Preface) + row.bytes);
    std::string said;
    REQUIRE(client.closes(kPatience, &said));
    // The last of its frames is a GOAWAY.
    std::uint32_t error = 0xffffffff;
    for (std::string_view rest = said; rest.size() >= http::kH2FrameHeadSize;) {
      const http::H2FrameHead head = http::read_frame_head(rest.data());
      if (head.type == H2FrameType::goaway) error = http::read_u32(rest.data() + http::kH2FrameHeadSize + 4);
      rest.remove_prefix(std::min(rest.size(), http::kH2FrameHeadSize + head.length));
    }
    CHECK(H2Error{error} == row.error);
  }
  CHECK(backend.requests() == 0);
}
