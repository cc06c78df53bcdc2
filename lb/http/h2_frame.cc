#include "lb/http/h2_frame.h"

#include <algorithm>
#include <array>

namespace weir::http {
namespace {

constexpr std::size_t kPriorityFields = 5;  // of a HEADERS frame (RFC 9113 6.2)

constexpr std::array kErrorNames = std::to_array<std::string_view>({
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
});
static_assert(kErrorNames.size() == static_cast<std::size_t>(H2Error::http_1_1_required) + 1);

enum class About : std::uint8_t { stream, connection, either };

struct Shape {
  About about;
  std::uint32_t least;
  std::uint32_t most;
};

// In the order of the types (RFC 9113 6).
constexpr std::array kShapes = std::to_array<Shape>({
    {About::stream, 0, kH2MaxMaxFrame},      // DATA
    {About::stream, 0, kH2MaxMaxFrame},      // HEADERS
    {About::stream, 5, 5},                   // PRIORITY
    {About::stream, 4, 4},                   // RST_STREAM
    {About::connection, 0, kH2MaxMaxFrame},  // SETTINGS
    {About::stream, 4, kH2MaxMaxFrame},      // PUSH_PROMISE
    {About::connection, 8, 8},               // PING
    {About::connection, 8, kH2MaxMaxFrame},  // GOAWAY
    {About::either, 4, 4},                   // WINDOW_UPDATE
    {About::stream, 0, kH2MaxMaxFrame},      // CONTINUATION
});
static_assert(kShapes.size() == static_cast<std::size_t>(H2FrameType::continuation) + 1);

// The head of a frame and room for its payload; where the payload begins.
char* append_frame(std::string& out, const H2FrameHead& head) {
  const std::size_t before = out.size();
  out.resize(before + kH2FrameHeadSize + head.length);
  write_frame_head(out.data() + before, head);
  return out.data() + before + kH2FrameHeadSize;
}

void write_ping(std::string& out, std::string_view payload, std::uint8_t flags) {
  char* const to = append_frame(out, {8, H2FrameType::ping, flags, 0});
  std::ranges::copy(payload.substr(0, 8), to);
}

}  // namespace

std::string_view to_string(H2Error error) {
  const auto code = static_cast<std::size_t>(error);
  return code < kErrorNames.size() ? kErrorNames[code] : "unknown";
}

H2Error check_frame_head(const H2FrameHead& head, std::uint32_t max_frame) {
  if (head.length > max_frame) return H2Error::frame_size_error;
  const auto type = static_cast<std::size_t>(head.type);
  if (type >= kShapes.size()) return H2Error::no_error;
  const Shape& shape = kShapes[type];
  if (shape.about != About::either && (shape.about == About::connection) != (head.stream == 0)) {
    return H2Error::protocol_error;
  }
  if (head.length < shape.least || head.length > shape.most) return H2Error::frame_size_error;
  if (head.type == H2FrameType::settings) {
    const bool fits = head.has(h2_flag::kAck) ? head.length == 0 : head.length % 6 == 0;
    if (!fits) return H2Error::frame_size_error;
  }
  return H2Error::no_error;
}

std::expected<std::string_view, H2Error> read_padded(const H2FrameHead& head, std::string_view payload) {
  std::size_t padding = 0;
  if (head.has(h2_flag::kPadded)) {
    if (payload.empty()) return std::unexpected(H2Error::frame_size_error);
    padding = static_cast<unsigned char>(payload.front());
    payload.remove_prefix(1);
  }
  if (head.type == H2FrameType::headers && head.has(h2_flag::kPriority)) {
    if (payload.size() < kPriorityFields) return std::unexpected(H2Error::frame_size_error);
    payload.remove_prefix(kPriorityFields);
  }
  if (padding > payload.size()) return std::unexpected(H2Error::protocol_error);
  payload.remove_suffix(padding);
  return payload;
}

H2GoAway read_goaway(std::string_view payload) {
  return {read_u32(payload.data()) & kH2MaxStreamId, static_cast<H2Error>(read_u32(payload.data() + 4)),
          payload.substr(8)};
}

void write_settings_ack(std::string& out) { append_frame(out, {0, H2FrameType::settings, h2_flag::kAck, 0}); }

void write_ping(std::string& out, std::string_view payload) { write_ping(out, payload, 0); }

void write_ping_ack(std::string& out, std::string_view payload) { write_ping(out, payload, h2_flag::kAck); }

void write_goaway(std::string& out, const H2GoAway& goaway) {
  const auto length = static_cast<std::uint32_t>(8 + goaway.debug.size());
  char* const to = append_frame(out, {length, H2FrameType::goaway, 0, 0});
  write_u32(to, goaway.last_stream);
  write_u32(to + 4, static_cast<std::uint32_t>(goaway.error));
  std::ranges::copy(goaway.debug, to + 8);
}

void write_window_update(std::string& out, std::uint32_t stream, std::uint32_t increment) {
  write_u32(append_frame(out, {4, H2FrameType::window_update, 0, stream}), increment);
}

void write_rst_stream(std::string& out, std::uint32_t stream, H2Error error) {
  write_u32(append_frame(out, {4, H2FrameType::rst_stream, 0, stream}), static_cast<std::uint32_t>(error));
}

void write_data_head(std::string& out, std::uint32_t stream, std::uint32_t length, bool end_stream) {
  out.resize(out.size() + kH2FrameHeadSize);
  write_data_head(out.data() + out.size() - kH2FrameHeadSize, stream, length, end_stream);
}

std::size_t begin_headers(std::string& out) {
  const std::size_t began = out.size();
  out.resize(began + kH2FrameHeadSize);
  return began;
}

void end_headers(std::string& out, std::size_t began, std::uint32_t stream, bool end_stream,
                 std::uint32_t max_frame) {
  std::size_t left = out.size() - began - kH2FrameHeadSize;
  std::size_t at = began;
  H2FrameHead head{0, H2FrameType::headers, end_stream ? h2_flag::kEndStream : std::uint8_t{0}, stream};
  while (left > max_frame) {
    head.length = max_frame;
    write_frame_head(out.data() + at, head);
    at += kH2FrameHeadSize + max_frame;
    left -= max_frame;
    out.insert(at, kH2FrameHeadSize, '\0');
    head = {0, H2FrameType::continuation, 0, stream};
  }
  head.length = static_cast<std::uint32_t>(left);
  head.flags |= h2_flag::kEndHeaders;
  write_frame_head(out.data() + at, head);
}

}  // namespace weir::http
