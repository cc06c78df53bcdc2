#include "tests/support/http2_peer.h"

namespace weir::test {
namespace {

using http::H2Error;
using http::H2FrameType;

// RFC 7541 5.1 with a prefix of 7 bits, 5.2.
void append_text(std::string& to, std::string_view text) {
  std::size_t size = text.size();
  if (size < 127) {
    to += static_cast<char>(size);
  } else {
    to += '\x7f';
    for (size -= 127; size >= 128; size /= 128) to += static_cast<char>(size % 128 + 128);
    to += static_cast<char>(size);
  }
  to += text;
}

struct Taker {
  Http2Fields& fields;
  void take(std::string_view name, std::string_view value) { fields.emplace_back(name, value); }
};

}  // namespace

bool Http2Frame::ends_stream() const {
  return (is(H2FrameType::data) || is(H2FrameType::headers)) && head.has(http::h2_flag::kEndStream);
}

std::string Http2Frame::field(std::string_view name) const {
  for (const auto& [its_name, value] : fields) {
    if (its_name == name) return value;
  }
  return {};
}

H2Error Http2Frame::error() const {
  const std::size_t at = is(H2FrameType::goaway) ? 4 : 0;
  return payload.size() < at + 4 ? H2Error{0xffffffff} : H2Error{http::read_u32(payload.data() + at)};
}

std::string http2_frame(H2FrameType type, std::uint8_t flags, std::uint32_t stream,
                        std::string_view payload) {
  std::string frame(http::kH2FrameHeadSize, '\0');
  http::write_frame_head(frame.data(), {static_cast<std::uint32_t>(payload.size()), type, flags, stream});
  return frame.append(payload);
}

std::string http2_block(const Http2Fields& fields) {
  std::string block;
  for (const auto& [name, value] : fields) {
    block += '\0';
    append_text(block, name);
    append_text(block, value);
  }
  return block;
}

std::string http2_u32(std::uint32_t value) {
  std::string bytes(4, '\0');
  http::write_u32(bytes.data(), value);
  return bytes;
}

std::string http2_setting(std::uint16_t id, std::uint32_t value) {
  return std::string{static_cast<char>(id >> 8), static_cast<char>(id)} + http2_u32(value);
}

void Http2Peer::preface(std::string_view its_settings) {
  send(http::kH2Preface);
  settings(its_settings);
}

void Http2Peer::settings(std::string_view settings) { send(H2FrameType::settings, 0, 0, settings); }

void Http2Peer::headers(std::uint32_t stream, const Http2Fields& fields, bool end_stream) {
  const std::uint8_t end = end_stream ? http::h2_flag::kEndStream : std::uint8_t{0};
  send(H2FrameType::headers, static_cast<std::uint8_t>(end | http::h2_flag::kEndHeaders), stream,
       http2_block(fields));
}

void Http2Peer::data(std::uint32_t stream, std::string_view content, bool end_stream) {
  send(H2FrameType::data, end_stream ? http::h2_flag::kEndStream : std::uint8_t{0}, stream, content);
}

void Http2Peer::rst_stream(std::uint32_t stream, H2Error error) {
  send(H2FrameType::rst_stream, 0, stream, http2_u32(static_cast<std::uint32_t>(error)));
}

void Http2Peer::window_update(std::uint32_t stream, std::uint32_t increment) {
  send(H2FrameType::window_update, 0, stream, http2_u32(increment));
}

void Http2Peer::ping(std::string_view payload, bool ack) {
  send(H2FrameType::ping, ack ? http::h2_flag::kAck : std::uint8_t{0}, 0, payload);
}

void Http2Peer::goaway(std::uint32_t last_stream, H2Error error) {
  send(H2FrameType::goaway, 0, 0, http2_u32(last_stream) + http2_u32(static_cast<std::uint32_t>(error)));
}

bool Http2Peer::take(Http2Frame& frame) {
  if (received_.size() < http::kH2FrameHeadSize) return false;
  const http::H2FrameHead head = http::read_frame_head(received_.data());
  if (received_.size() < http::kH2FrameHeadSize + head.length) return false;
  std::size_t size = http::kH2FrameHeadSize + head.length;
  std::string payload = received_.substr(http::kH2FrameHeadSize, head.length);
  bool ends = head.type != H2FrameType::headers || head.has(http::h2_flag::kEndHeaders);
  while (!ends) {  // CONTINUATION frames follow at once
    if (received_.size() < size + http::kH2FrameHeadSize) return false;
    const http::H2FrameHead more = http::read_frame_head(received_.data() + size);
    if (received_.size() < size + http::kH2FrameHeadSize + more.length) return false;
    payload.append(received_, size + http::kH2FrameHeadSize, more.length);
    size += http::kH2FrameHeadSize + more.length;
    ends = more.has(http::h2_flag::kEndHeaders);
  }
  received_.erase(0, size);
  frame.head = head;
  frame.payload = std::move(payload);
  frame.fields.clear();
  Taker taker{frame.fields};
  if (head.type == H2FrameType::headers && !decoder_.decode(frame.payload, taker)) frame.fields.clear();
  return true;
}

Http2Frame Http2Peer::next() {
  Http2Frame frame;
  for (;;) {
    received_ += peer_->read_bytes(peer_->waiting().size());
    if (take(frame)) return frame;
    const std::string more = peer_->read_bytes(1);
    if (more.empty()) return {};
    received_ += more;
  }
}

Http2Frame Http2Peer::next(H2FrameType type) {
  for (;;) {
    Http2Frame frame = next();
    if (frame.is(type) || frame.is(H2FrameType{0xff})) return frame;
  }
}

Http2Frame Http2Peer::next(H2FrameType type, std::uint32_t stream) {
  for (;;) {
    Http2Frame frame = next();
    if (frame.is(type, stream) || frame.is(H2FrameType{0xff})) return frame;
  }
}

std::vector<Http2Frame> Http2Peer::waiting() {
  std::vector<Http2Frame> frames;
  received_ += peer_->read_bytes(peer_->waiting().size());
  for (Http2Frame frame; take(frame);) frames.push_back(frame);
  return frames;
}

std::string Http2Peer::content(std::uint32_t stream) {
  std::string content;
  for (;;) {
    const Http2Frame frame = next();
    if (frame.is(H2FrameType{0xff}) || frame.is(H2FrameType::rst_stream, stream)) return content;
    if (frame.is(H2FrameType::data, stream)) content += frame.payload;
    if (frame.head.stream == stream && frame.ends_stream()) return content;
  }
}

Http2Fields Http2Peer::get(std::string_view path) {
  return {{":method", "GET"}, {":scheme", "https"}, {":path", std::string(path)}, {":authority", "a.test"}};
}

Http2Fields Http2Peer::post(std::string_view path) {
  return {{":method", "POST"}, {":scheme", "https"}, {":path", std::string(path)}, {":authority", "a.test"}};
}

}  // namespace weir::test
