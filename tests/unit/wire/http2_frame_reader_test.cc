#include "lb/wire/http2_frame_reader.h"

#include <doctest/doctest.h>

#include <vector>

#include "tests/support/http2_peer.h"

namespace weir::wire {
namespace {

using http::H2Error;
using http::H2FrameType;
using test::http2_frame;

// What comes out of `bytes`, given in pieces of `size`: a line for each frame, DATA put together again.
std::vector<std::string> read(std::string_view bytes, std::size_t size, bool expects_preface = false) {
  Http2FrameReader reader(expects_preface);
  std::vector<std::string> lines;
  while (!bytes.empty()) {
    const std::string piece(bytes.substr(0, size));
    bytes.remove_prefix(piece.size());
    std::string_view input = piece;
    for (;;) {
      const Http2Step step = reader.next(input);
      if (step.kind == Http2Step::Kind::need_more) break;
      if (step.kind == Http2Step::Kind::failed) {
        lines.emplace_back(to_string(step.error));
        return lines;
      }
      const std::string number = std::to_string(static_cast<unsigned>(step.head.type));
      if (step.kind == Http2Step::Kind::frame) {
        lines.push_back(number + " " + std::string(step.payload));
      } else {
        if (step.begins) lines.push_back("data of " + std::to_string(step.content) + ": ");
        lines.back() += step.payload;
        if (step.ends) lines.back() += ".";
      }
    }
    CHECK(input.empty());
  }
  return lines;
}

}  // namespace

TEST_CASE("how frames are cut into inputs changes nothing") {
  const std::string padded = std::string(1, '\2') + "padded" + std::string(2, '\0');
  const std::string bytes = std::string(http::kH2Preface) + http2_frame(H2FrameType::settings, 0, 0, "") +
                            http2_frame(H2FrameType::data, 0, 1, "content") +
                            http2_frame(H2FrameType::data, http::h2_flag::kPadded, 1, padded) +
                            http2_frame(H2FrameType::data, 0, 1, "") +
                            http2_frame(H2FrameType::ping, 0, 0, "12345678") +
                            http2_frame(H2FrameType{0x77}, 0xff, 5, "unknown") +
                            http2_frame(H2FrameType::data, http::h2_flag::kPadded, 3, std::string(1, '\0')) +
                            http2_frame(H2FrameType::headers, 0x4, 1, "block");
  const std::vector<std::string> expected{
      "4 ",         "data of 7: content.", "data of 6: padded.", "data of 0: .",
      "6 12345678", "119 unknown",         "data of 0: .",       "1 block"};
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    CAPTURE(size);
    CHECK(read(bytes, size, /*expects_preface=*/true) == expected);
  }
}

TEST_CASE("a frame that cannot be ends the reading, however it is cut") {
  struct Row {
    std::string bytes;
    H2Error error;
  };
  const std::string long_head = http2_frame(H2FrameType::headers, 0x4, 1, std::string(16385, 'x'));
  const Row rows[] = {
      {long_head, H2Error::frame_size_error},
      {http2_frame(H2FrameType::data, 0, 1, std::string(16385, 'x')), H2Error::frame_size_error},
      {http2_frame(H2FrameType::data, 0, 0, "x"), H2Error::protocol_error},
      {http2_frame(H2FrameType::data, http::h2_flag::kPadded, 1, std::string("\5abc")),
       H2Error::protocol_error},
      {http2_frame(H2FrameType::ping, 0, 0, "1234567"), H2Error::frame_size_error},
      {http2_frame(H2FrameType::ping, 0, 1, "12345678"), H2Error::protocol_error},
      {http2_frame(H2FrameType::settings, 0, 1, ""), H2Error::protocol_error},
      {http2_frame(H2FrameType::settings, 0, 0, "12345"), H2Error::frame_size_error},
      {http2_frame(H2FrameType::settings, 1, 0, "123456"), H2Error::frame_size_error},
      {http2_frame(H2FrameType::rst_stream, 0, 1, "123"), H2Error::frame_size_error},
      {http2_frame(H2FrameType::window_update, 0, 1, "12345"), H2Error::frame_size_error},
      {http2_frame(H2FrameType::goaway, 0, 0, "1234567"), H2Error::frame_size_error},
      {http2_frame(H2FrameType::headers, 0x4, 0, "x"), H2Error::protocol_error},
      {http2_frame(H2FrameType::continuation, 0x4, 0, "x"), H2Error::protocol_error},
  };
  for (const Row& row : rows) {
    const std::string word(to_string(row.error));
    CAPTURE(row.bytes.substr(0, 9));
    CHECK(read(row.bytes + "123456789", row.bytes.size() + 9).back() == word);
    CHECK(read(row.bytes + "123456789", 1).back() == word);
  }
}

TEST_CASE("what is no preface is noticed at its first wrong byte") {
  CHECK(read("GET / HTTP/1.1\r\n", 1, true).back() == "PROTOCOL_ERROR");
  CHECK(read("PRI * HTTP/2.0\r\n\r\nSM\r\nX", 100, true).back() == "PROTOCOL_ERROR");
  CHECK(read("PRI * HTTP/2.0\r\n\r\nSM\r\n", 100, true).empty());
}

TEST_CASE("a frame under way shows, content does not") {
  Http2FrameReader reader(true);
  const auto feed = [&](std::string_view bytes) {
    while (reader.next(bytes).kind != Http2Step::Kind::need_more) continue;
  };
  CHECK_FALSE(reader.in_frame());
  feed(http::kH2Preface.substr(0, 5));
  CHECK(reader.in_frame());
  feed(http::kH2Preface.substr(5));
  CHECK_FALSE(reader.in_frame());
  const std::string headers = http2_frame(H2FrameType::headers, 0x4, 1, "block");
  feed(headers.substr(0, 11));
  CHECK(reader.in_frame());
  feed(headers.substr(11));
  CHECK_FALSE(reader.in_frame());
  feed(http2_frame(H2FrameType::data, 0, 1, "content").substr(0, 11));
  CHECK_FALSE(reader.in_frame());
}

}  // namespace weir::wire
