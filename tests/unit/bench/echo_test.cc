#include "bench/backend/echo.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

namespace weir::bench {
namespace {

using websocket::close_payload;
using websocket::Frame;
using websocket::Opcode;

std::string masked(const Frame& frame) {
  std::string bytes;
  websocket::write_frame(bytes, frame, websocket::MaskKey{1, 2, 3, 4});
  return bytes;
}

std::string plain(const Frame& frame) {
  std::string bytes;
  websocket::write_frame(bytes, frame);
  return bytes;
}

}  // namespace

TEST_CASE("every kind of frame has its answer") {
  struct Row {
    Frame in;
    std::optional<Frame> out;
    bool ends = false;
  };
  const std::string large(100'000, 'x');
  const Row rows[] = {
      {{true, Opcode::text, "Hello"}, Frame{true, Opcode::text, "Hello"}, false},
      {{true, Opcode::binary, large}, Frame{true, Opcode::binary, large}, false},
      {{false, Opcode::text, "Hel"}, Frame{false, Opcode::text, "Hel"}, false},
      {{true, Opcode::ping, "12"}, Frame{true, Opcode::pong, "12"}, false},
      {{true, Opcode::pong, "12"}, std::nullopt, false},
      {{true, Opcode::close, ""}, Frame{true, Opcode::close, ""}, true},
      {{true, Opcode::close, "\x03\xe9 going away"}, Frame{true, Opcode::close, "\x03\xe9"}, true},
      {{true, Opcode::continuation, ""}, Frame{true, Opcode::close, "\x03\xea"}, true},  // 1002
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.in.opcode));
    Echo echo;
    CHECK(echo.answer(masked(row.in)) == (row.out ? plain(*row.out) : ""));
    CHECK(echo.ended() == row.ends);
  }
}

TEST_CASE("a frame that is too large is refused before it comes") {
  Echo echo;
  const std::string bytes = masked({true, Opcode::binary, std::string(Echo::kMostPayload + 1, 'x')});
  CHECK(echo.answer(std::string_view(bytes).substr(0, 14)) ==
        plain({true, Opcode::close, close_payload(1009)}));
  CHECK(echo.ended());
}

TEST_CASE("frames in pieces, and several at once, are answered; nothing is after the end") {
  Echo echo;
  const std::string bytes = masked({true, Opcode::text, "a"}) + masked({true, Opcode::text, "b"}) +
                            masked({true, Opcode::close, ""}) + masked({true, Opcode::text, "c"});
  std::string answers;
  for (const char byte : bytes) answers += echo.answer(std::string_view(&byte, 1));
  const std::string expected =
      plain({true, Opcode::text, "a"}) + plain({true, Opcode::text, "b"}) + plain({true, Opcode::close, ""});
  CHECK(answers == expected);
  Echo at_once;
  CHECK(at_once.answer(bytes) == expected);
}

}  // namespace weir::bench
