#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "bench/websocket/frame.h"

namespace weir::bench::websocket {
namespace {

using namespace std::string_literals;
using Kind = FrameParser::Step::Kind;

constexpr MaskKey kMask{0x37, 0xfa, 0x21, 0x3d};

struct Seen {
  bool fin;
  Opcode opcode;
  std::string payload;
  bool operator==(const Seen&) const = default;
};

// What a parser makes of `bytes`, in pieces of at most `piece`.
struct Reading {
  std::vector<Seen> frames;
  std::uint16_t close_code = 0;
};

Reading read(FrameParser parser, std::string_view bytes, std::size_t first, std::size_t piece) {
  Reading reading;
  for (std::size_t size = first; !bytes.empty(); size = piece) {
    std::string_view input = bytes.substr(0, size);
    bytes.remove_prefix(input.size());
    for (;;) {
      const FrameParser::Step step = parser.next(input);
      input.remove_prefix(step.consumed);
      if (step.kind == Kind::need_more) break;
      if (step.kind == Kind::failed) {
        reading.close_code = step.close_code;
        return reading;
      }
      reading.frames.emplace_back(step.frame.fin, step.frame.opcode, std::string(step.frame.payload));
    }
    CHECK(input.empty());
  }
  return reading;
}

std::string written(const std::vector<Seen>& frames, End by) {
  std::string bytes;
  for (const Seen& frame : frames) {
    const auto mask = by == End::client ? std::optional(kMask) : std::nullopt;
    write_frame(bytes, {frame.fin, frame.opcode, frame.payload}, mask);
  }
  return bytes;
}

}  // namespace

TEST_CASE("frames are written as RFC 6455 5.7 shows them") {
  std::string bytes;
  write_frame(bytes, {true, Opcode::text, "Hello"});
  CHECK(bytes == "\x81\x05Hello");
  bytes.clear();
  write_frame(bytes, {true, Opcode::text, "Hello"}, kMask);
  CHECK(bytes == "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  bytes.clear();
  write_frame(bytes, {false, Opcode::text, "Hel"});
  write_frame(bytes, {true, Opcode::continuation, "lo"});
  CHECK(bytes == "\x01\x03Hel\x80\x02lo"s);
  bytes.clear();
  write_frame(bytes, {true, Opcode::binary, std::string(256, 'x')});
  CHECK(bytes.starts_with("\x82\x7e\x01\x00x"s));
  bytes.clear();
  write_frame(bytes, {true, Opcode::binary, std::string(65536, 'x')});
  CHECK(bytes.starts_with("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00x"s));
}

TEST_CASE("what one end writes the other reads, wherever the bytes are cut") {
  const std::vector<Seen> frames{
      {true, Opcode::text, "Hello"},      {true, Opcode::ping, ""},
      {false, Opcode::binary, "0123456"}, {true, Opcode::pong, "between fragments"},
      {false, Opcode::continuation, ""},  {true, Opcode::continuation, std::string(130, 'c')},
      {true, Opcode::binary, ""},         {true, Opcode::close, close_payload(1000, "done")},
  };
  for (const End by : {End::client, End::server}) {
    const std::string bytes = written(frames, by);
    const FrameParser parser(by == End::client ? End::server : End::client, 1000);
    for (std::size_t cut = 1; cut <= bytes.size(); ++cut) {
      CAPTURE(cut);
      CHECK(read(parser, bytes, cut, bytes.size()).frames == frames);
      CHECK(read(parser, bytes, cut, cut).frames == frames);
    }
  }
}

TEST_CASE("payloads of every form of length come through") {
  for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 127UL, 65535UL, 65536UL, 100'000UL}) {
    CAPTURE(size);
    std::string payload;
    for (std::size_t i = 0; i < size; ++i) payload += static_cast<char>(i * 7);
    const std::vector<Seen> frames{{true, Opcode::binary, payload}, {true, Opcode::text, "next"}};
    for (const End by : {End::client, End::server}) {
      const FrameParser parser(by == End::client ? End::server : End::client, 100'000);
      CHECK(read(parser, written(frames, by), 1 << 20, 1 << 20).frames == frames);
      CHECK(read(parser, written(frames, by), 3, 4099).frames == frames);
    }
  }
}

TEST_CASE("what breaks the protocol is refused with its close code") {
  struct Row {
    std::string_view why;
    std::string bytes;
    std::uint16_t code;
  };
  const std::string key = "\x01\x02\x03\x04";
  const Row rows[] = {
      {"not masked", "\x81\x05Hello", 1002},
      {"a reserved bit", "\xc1\x80" + key, 1002},
      {"an unknown opcode", "\x83\x80" + key, 1002},
      {"an unknown control opcode", "\x8b\x80" + key, 1002},
      {"a ping in fragments", "\x09\x80" + key, 1002},
      {"a ping of 126 bytes", "\x89\xfe\x00\x7e"s + key, 1002},
      {"a continuation of nothing", "\x80\x80" + key, 1002},
      {"a second message inside the first", "\x01\x80" + key + "\x81\x80" + key, 1002},
      {"16 bits for 125", "\x82\xfe\x00\x7d"s + key, 1002},
      {"64 bits for 65535", "\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff"s + key, 1002},
      {"a length of 2^63", "\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00"s + key, 1002},
      {"101 bytes of 100", "\x82\xe5" + key, 1009},
      {"2^62 bytes", "\x82\xff\x40\x00\x00\x00\x00\x00\x00\x00"s + key, 1009},
      {"a close code of one byte", written({{true, Opcode::close, "\x03"}}, End::client), 1002},
      {"close code 1005", written({{true, Opcode::close, close_payload(1005)}}, End::client), 1002},
      {"close code 999", written({{true, Opcode::close, close_payload(999)}}, End::client), 1002},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    for (std::size_t piece = 1; piece <= row.bytes.size(); ++piece) {
      CHECK(read(FrameParser(End::server, 100), row.bytes, piece, piece).close_code == row.code);
    }
  }
  const std::string masked = written({{true, Opcode::text, "Hello"}}, End::client);
  CHECK(read(FrameParser(End::client, 100), masked, 1, 1).close_code == 1002);
}

TEST_CASE("a close frame says its code, if there is one") {
  CHECK(close_code(close_payload(1009, "too much")) == 1009);
  CHECK(close_code("") == std::nullopt);
  CHECK(close_payload(1000, std::string(500, 'x')).size() == 125);
  const Reading bare = read(FrameParser(End::client, 100), "\x88\x00"s, 2, 2);
  REQUIRE(bare.frames.size() == 1);
  CHECK(bare.frames[0] == Seen{true, Opcode::close, ""});
}

}  // namespace weir::bench::websocket
