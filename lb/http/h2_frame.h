#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

// The frames of HTTP/2 (RFC 9113 4, 6) as bytes: their heads are read and checked here, and whole frames are
// appended to a string. What a frame means to its connection or stream is decided elsewhere. Stream ids have
// 31 bits; the reserved bit is ignored and sent as 0.
namespace weir::http {

inline constexpr std::string_view kH2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";  // of a client
inline constexpr std::size_t kH2FrameHeadSize = 9;
inline constexpr std::uint32_t kH2MinMaxFrame = 16384;     // the least that SETTINGS_MAX_FRAME_SIZE may be
inline constexpr std::uint32_t kH2MaxMaxFrame = 16777215;  // and the most
inline constexpr std::uint32_t kH2MaxWindow = 0x7fffffff;
inline constexpr std::uint32_t kH2MaxStreamId = 0x7fffffff;

// Others exist and are ignored (RFC 9113 4.1).
enum class H2FrameType : std::uint8_t {
  data,
  headers,
  priority,
  rst_stream,
  settings,
  push_promise,
  ping,
  goaway,
  window_update,
  continuation,  // the last one that is known
};

namespace h2_flag {
inline constexpr std::uint8_t kEndStream = 0x1;
inline constexpr std::uint8_t kAck = 0x1;
inline constexpr std::uint8_t kEndHeaders = 0x4;
inline constexpr std::uint8_t kPadded = 0x8;
inline constexpr std::uint8_t kPriority = 0x20;
}  // namespace h2_flag

// RFC 9113 7.
enum class H2Error : std::uint32_t {
  no_error,
  protocol_error,
  internal_error,
  flow_control_error,
  settings_timeout,
  stream_closed,
  frame_size_error,
  refused_stream,
  cancel,
  compression_error,
  connect_error,
  enhance_your_calm,
  inadequate_security,
  http_1_1_required,  // the last one
};

std::string_view to_string(H2Error error);  // "PROTOCOL_ERROR"; "unknown" for codes beyond the last one

struct H2FrameHead {
  std::uint32_t length = 0;  // of the payload
  H2FrameType type = H2FrameType::data;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  bool operator==(const H2FrameHead&) const = default;
};

// Numbers are in network byte order.
inline std::uint32_t read_u32(const char* from) {
  const auto byte = [from](std::size_t at) { return std::uint32_t{static_cast<unsigned char>(from[at])}; };
  return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
}
inline void write_u32(char* to, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) *to++ = static_cast<char>(value >> shift);
}

// Of the kH2FrameHeadSize bytes at `from`, or to `to`.
inline H2FrameHead read_frame_head(const char* from) {
  const std::uint32_t first = read_u32(from);
  return {first >> 8, static_cast<H2FrameType>(first & 0xff), static_cast<std::uint8_t>(from[4]),
          read_u32(from + 5) & kH2MaxStreamId};
}
inline void write_frame_head(char* to, const H2FrameHead& head) {
  write_u32(to, head.length << 8 | static_cast<std::uint32_t>(head.type));
  to[4] = static_cast<char>(head.flags);
  write_u32(to + 5, head.stream);
}

// Whether the head can be one of its type: its length, against `max_frame` too, and whether it is about a
// stream or the connection. What it returns, unless it is no_error, is an error of the connection.
H2Error check_frame_head(const H2FrameHead& head, std::uint32_t max_frame);

// The content of a whole DATA frame, or the header block piece of a whole HEADERS frame: without padding and
// priority. An error is one of the connection (RFC 9113 6.1, 6.2).
std::expected<std::string_view, H2Error> read_padded(const H2FrameHead& head, std::string_view payload);

struct H2GoAway {
  std::uint32_t last_stream = 0;
  H2Error error = H2Error::no_error;
  std::string_view debug;  // what the peer says: not fit for logs as it is
};
// Of payloads whose heads have been checked.
H2GoAway read_goaway(std::string_view payload);
inline H2Error read_rst_stream(std::string_view payload) {
  return static_cast<H2Error>(read_u32(payload.data()));
}
// 0 is an error, of the stream or the connection that it is about.
inline std::uint32_t read_window_update(std::string_view payload) {
  return read_u32(payload.data()) & kH2MaxWindow;
}

// Whole frames, appended. `payload` of a PING has 8 bytes.
void write_settings_ack(std::string& out);
void write_ping(std::string& out, std::string_view payload);
void write_ping_ack(std::string& out, std::string_view payload);
void write_goaway(std::string& out, const H2GoAway& goaway);
void write_window_update(std::string& out, std::uint32_t stream, std::uint32_t increment);
void write_rst_stream(std::string& out, std::uint32_t stream, H2Error error);

// The head of a DATA frame of this many bytes; they follow.
inline void write_data_head(char* to, std::uint32_t stream, std::uint32_t length, bool end_stream) {
  write_frame_head(to,
                   {length, H2FrameType::data, end_stream ? h2_flag::kEndStream : std::uint8_t{0}, stream});
}
void write_data_head(std::string& out, std::uint32_t stream, std::uint32_t length, bool end_stream);

// A header block as a HEADERS frame, and CONTINUATION frames if it is longer than `max_frame` of the peer.
// What follows the room that begin_headers() makes is the block.
std::size_t begin_headers(std::string& out);
void end_headers(std::string& out, std::size_t began, std::uint32_t stream, bool end_stream,
                 std::uint32_t max_frame);

// The same, where `write_block(out)` appends the block.
template <class WriteBlock>
void write_headers(std::string& out, std::uint32_t stream, bool end_stream, std::uint32_t max_frame,
                   WriteBlock&& write_block) {
  const std::size_t began = begin_headers(out);
  write_block(out);
  end_headers(out, began, stream, end_stream, max_frame);
}

}  // namespace weir::http
