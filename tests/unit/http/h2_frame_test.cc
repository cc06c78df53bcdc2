#include "lb/http/h2_frame.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace weir::http {
namespace {

using enum H2FrameType;
using namespace std::string_literals;
using namespace std::string_view_literals;

H2FrameHead frame(H2FrameType type, std::uint32_t length, std::uint32_t stream, std::uint8_t flags = 0) {
  return {length, type, flags, stream};
}

// The frames in `bytes`, with the payloads of all of them.
struct Frames {
  std::vector<H2FrameHead> heads;
  std::string payloads;

  explicit Frames(std::string_view bytes) {
    while (!bytes.empty()) {
      heads.push_back(read_frame_head(bytes.data()));
      payloads += bytes.substr(kH2FrameHeadSize, heads.back().length);
      bytes.remove_prefix(kH2FrameHeadSize + heads.back().length);
    }
  }
};

TEST_CASE("the head of a frame is read as it was written") {
  const H2FrameHead heads[] = {frame(data, 0, 1), frame(headers, 0xffffff, kH2MaxStreamId, 0xff),
                               frame(static_cast<H2FrameType>(0xfe), 0x010203, 0x01020304, 5)};
  for (const H2FrameHead& head : heads) {
    char bytes[kH2FrameHeadSize];
    write_frame_head(bytes, head);
    CHECK(read_frame_head(bytes) == head);
  }
}

TEST_CASE("the reserved bit of a stream id is ignored") {
  const auto bytes = "\0\0\1\4\0\x80\0\0\3"sv;
  CHECK(read_frame_head(bytes.data()) == frame(settings, 1, 3));
}

TEST_CASE("a frame head has to fit its type") {
  struct Row {
    H2FrameHead head;
    H2Error error;
  };
  constexpr H2Error kFine = H2Error::no_error;
  constexpr H2Error kSize = H2Error::frame_size_error;
  constexpr H2Error kProtocol = H2Error::protocol_error;
  const Row rows[] = {
      {frame(data, 16384, 1), kFine},
      {frame(data, 16385, 1), kSize},
      {frame(data, 1, 0), kProtocol},
      {frame(headers, 0, 1), kFine},
      {frame(headers, 1, 0), kProtocol},
      {frame(continuation, 1, 0), kProtocol},
      {frame(continuation, 16385, 1), kSize},
      {frame(priority, 5, 1), kFine},
      {frame(priority, 4, 1), kSize},
      {frame(priority, 5, 0), kProtocol},
      {frame(rst_stream, 4, 1), kFine},
      {frame(rst_stream, 5, 1), kSize},
      {frame(rst_stream, 4, 0), kProtocol},
      {frame(settings, 12, 0), kFine},
      {frame(settings, 0, 0), kFine},
      {frame(settings, 7, 0), kSize},
      {frame(settings, 6, 1), kProtocol},
      {frame(settings, 0, 0, h2_flag::kAck), kFine},
      {frame(settings, 6, 0, h2_flag::kAck), kSize},
      {frame(push_promise, 4, 1), kFine},
      {frame(push_promise, 4, 0), kProtocol},
      {frame(ping, 8, 0), kFine},
      {frame(ping, 7, 0), kSize},
      {frame(ping, 8, 1), kProtocol},
      {frame(goaway, 8, 0), kFine},
      {frame(goaway, 7, 0), kSize},
      {frame(goaway, 8, 1), kProtocol},
      {frame(window_update, 4, 0), kFine},
      {frame(window_update, 4, 1), kFine},
      {frame(window_update, 3, 1), kSize},
      {frame(static_cast<H2FrameType>(0x10), 3, 0), kFine},
      {frame(static_cast<H2FrameType>(0x10), 3, 7), kFine},
      {frame(static_cast<H2FrameType>(0x10), 16385, 7), kSize},
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<unsigned>(row.head.type));
    CAPTURE(row.head.length);
    CAPTURE(row.head.stream);
    CHECK(check_frame_head(row.head, 16384) == row.error);
  }
}

TEST_CASE("padding and priority are taken off") {
  struct Row {
    H2FrameType type;
    std::uint8_t flags;
    std::string payload;
    std::expected<std::string_view, H2Error> content;
  };
  constexpr std::uint8_t kBoth = h2_flag::kPadded | h2_flag::kPriority;
  const Row rows[] = {
      {data, 0, "hello", "hello"},
      {data, h2_flag::kPriority, "hello", "hello"},
      {data, h2_flag::kPadded, "\2hello..", "hello"},
      {data, h2_flag::kPadded, "\0hello"s, "hello"},
      {data, h2_flag::kPadded, "\2..", ""},
      {data, h2_flag::kPadded, "\3..", std::unexpected(H2Error::protocol_error)},
      {data, h2_flag::kPadded, "", std::unexpected(H2Error::frame_size_error)},
      {headers, h2_flag::kPriority, "12345block", "block"},
      {headers, h2_flag::kPriority, "1234", std::unexpected(H2Error::frame_size_error)},
      {headers, kBoth,
       "\1"
       "12345block.",
       "block"},
      {headers, kBoth,
       "\1"
       "12345",
       std::unexpected(H2Error::protocol_error)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.payload);
    CHECK(read_padded(frame(row.type, 0, 1, row.flags), row.payload) == row.content);
  }
}

TEST_CASE("small frames are written whole") {
  std::string out = "before";
  write_settings_ack(out);
  write_ping(out, "12345678");
  write_ping_ack(out, "87654321");
  write_window_update(out, 3, 0x7fffffff);
  write_rst_stream(out, 5, H2Error::cancel);
  write_data_head(out, 7, 0, true);
  CHECK(out ==
        "before"
        "\0\0\0\4\1\0\0\0\0"
        "\0\0\10\6\0\0\0\0\0"
        "12345678"
        "\0\0\10\6\1\0\0\0\0"
        "87654321"
        "\0\0\4\10\0\0\0\0\3\x7f\xff\xff\xff"
        "\0\0\4\3\0\0\0\0\5\0\0\0\10"
        "\0\0\0\0\1\0\0\0\7"s);
}

TEST_CASE("a GOAWAY is read as it was written") {
  std::string out;
  write_goaway(out, {kH2MaxStreamId, H2Error::enhance_your_calm, "ping_flood"});
  const H2FrameHead head = read_frame_head(out.data());
  CHECK(head == frame(goaway, 18, 0));
  const H2GoAway read = read_goaway(std::string_view(out).substr(kH2FrameHeadSize));
  CHECK(read.last_stream == kH2MaxStreamId);
  CHECK(read.error == H2Error::enhance_your_calm);
  CHECK(read.debug == "ping_flood");
}

TEST_CASE("a header block is cut where a frame of the peer ends") {
  struct Row {
    std::size_t size;
    std::vector<std::uint32_t> lengths;
  };
  const Row rows[] = {{0, {0}},      {9, {9}},           {10, {10}},
                      {11, {10, 1}}, {30, {10, 10, 10}}, {31, {10, 10, 10, 1}}};
  for (const Row& row : rows) {
    CAPTURE(row.size);
    std::string block;
    for (std::size_t i = 0; i < row.size; ++i) block += static_cast<char>('a' + i % 26);
    std::string out = "before";
    write_headers(out, 9, true, 10, [&](std::string& to) { to += block; });
    const Frames frames(std::string_view(out).substr(6));
    CHECK(frames.payloads == block);
    REQUIRE(frames.heads.size() == row.lengths.size());
    for (std::size_t i = 0; i < row.lengths.size(); ++i) {
      const bool last = i + 1 == row.lengths.size();
      const std::uint8_t flags =
          static_cast<std::uint8_t>((i == 0 ? h2_flag::kEndStream : 0) | (last ? h2_flag::kEndHeaders : 0));
      CHECK(frames.heads[i] == frame(i == 0 ? headers : continuation, row.lengths[i], 9, flags));
    }
  }
}

TEST_CASE("error codes have the words of the RFC") {
  CHECK(to_string(H2Error::no_error) == "NO_ERROR");
  CHECK(to_string(H2Error::stream_closed) == "STREAM_CLOSED");
  CHECK(to_string(H2Error::http_1_1_required) == "HTTP_1_1_REQUIRED");
  CHECK(to_string(static_cast<H2Error>(14)) == "unknown");
  CHECK(to_string(static_cast<H2Error>(0xffffffff)) == "unknown");
}

}  // namespace
}  // namespace weir::http
