#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The frames of WebSocket connections (RFC 6455 5.2) as bytes, for both ends. No I/O, no clock; every object
// belongs to one connection and its thread.
namespace weir::bench::websocket {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

constexpr bool is_control(Opcode opcode) { return (static_cast<unsigned>(opcode) & 8U) != 0; }

enum class End : std::uint8_t { server, client };

struct Frame {
  bool fin = true;
  Opcode opcode = Opcode::binary;
  std::string_view payload;  // not masked
};

// Why a connection ends (RFC 6455 7.4.1), as far as this code says it itself.
inline constexpr std::uint16_t kNormalClosure = 1000;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kMessageTooBig = 1009;

// Frames out of bytes, however these are cut. Pull style: the owner calls next() with what is left of its
// input until the step is need_more or failed. Fragments come one by one; that they follow each other rightly
// is checked here. Text is not looked at, so its UTF-8 may be wrong.
class FrameParser {
 public:
  struct Step {
    enum class Kind : std::uint8_t { need_more, frame, failed };
    Kind kind = Kind::need_more;
    std::size_t consumed = 0;
    Frame frame{};                 // its payload is valid until the next call, or as long as the input
    std::uint16_t close_code = 0;  // what to close with, for `failed`
  };

  // `end`: whose parser it is; a server's takes only masked frames, a client's only those that are not.
  // `most`: bytes of a payload.
  FrameParser(End end, std::uint64_t most) : end_(end), most_(most) {}

  Step next(std::string_view input);

 private:
  static constexpr std::size_t kMostHeader = 14;

  std::size_t header_bytes() const;
  bool take_header(std::string_view& input);
  std::uint16_t check_start() const;
  std::uint16_t read_header();
  Step take_payload(std::string_view input, std::size_t before);
  Step whole(std::string_view payload, std::size_t consumed);
  Opcode opcode() const { return static_cast<Opcode>(header_[0] & 0x0fU); }
  bool masked() const { return (header_[1] & 0x80U) != 0; }

  End end_;
  std::uint64_t most_;
  std::array<std::uint8_t, kMostHeader> header_{};
  std::uint8_t header_size_ = 0;  // bytes of it that have come
  bool in_payload_ = false;
  bool in_message_ = false;  // a fragment has come and not the last
  std::uint64_t length_ = 0;
  std::string payload_;  // of a frame that is masked or came in pieces
};

using MaskKey = std::array<std::uint8_t, 4>;

// Appends a frame. A client's frames need a mask (RFC 6455 5.3), a server's have none.
void write_frame(std::string& out, const Frame& frame, const std::optional<MaskKey>& mask = std::nullopt);

// The payload of a close frame. `reason` is cut to what fits.
std::string close_payload(std::uint16_t code, std::string_view reason = {});
// The code in it; absent: there is none.
std::optional<std::uint16_t> close_code(std::string_view payload);

}  // namespace weir::bench::websocket
