// What the peer's frames do (RFC 9113 6).

#include <algorithm>
#include <utility>

#include "lb/wire/http2_connection.h"

namespace weir::wire {
namespace {

using http::H2Error;
using http::H2Flood;
using http::H2FrameHead;
using http::H2FrameType;

constexpr H2FrameType kPriorityUpdate{0x10};  // RFC 9218 7.1

// Takes fields only to keep the decoder's table in step.
struct Nobody {
  void take(std::string_view, std::string_view) {}
};

}  // namespace

bool Http2Connection::count(H2Flood kind) {
  if (guard_.count(kind, context_.loop.now())) return true;
  give_up(kind);
  return false;
}

void Http2Connection::take(const Http2Step& step) {
  const H2FrameHead& head = step.head;
  if (!settings_seen_) {
    if (head.type != H2FrameType::settings || head.has(http::h2_flag::kAck)) {
      return give_up(H2Error::protocol_error, "bad_preface");  // RFC 9113 3.4
    }
    settings_seen_ = true;
  }
  if (block_stream_ != 0 && (head.type != H2FrameType::continuation || head.stream != block_stream_)) {
    return give_up(H2Error::protocol_error, "header_block_interrupted");
  }
  switch (head.type) {
    case H2FrameType::data: on_data(step); break;
    case H2FrameType::headers: on_headers(head, step.payload); break;
    case H2FrameType::continuation: on_continuation(head, step.payload); break;
    case H2FrameType::rst_stream: on_rst_stream(head, step.payload); break;
    case H2FrameType::settings: on_settings(head, step.payload); break;
    case H2FrameType::push_promise: give_up(H2Error::protocol_error, "push_promise"); break;
    case H2FrameType::ping: on_ping(head, step.payload); break;
    case H2FrameType::goaway: on_goaway(http::read_goaway(step.payload)); break;
    case H2FrameType::window_update: on_window_update(head, step.payload); break;
    case H2FrameType::priority: count(H2Flood::priorities); break;
    default: count(head.type == kPriorityUpdate ? H2Flood::priorities : H2Flood::unknown_frames);
  }
  if (block_stream_ == 0) partial_since_ = base::kNever;
}

// --- header blocks

void Http2Connection::on_headers(const H2FrameHead& head, std::string_view payload) {
  const auto piece = http::read_padded(head, payload);
  if (!piece) return give_up(piece.error(), "bad_padding");
  const bool end_stream = head.has(http::h2_flag::kEndStream);
  if (Http2Stream* const stream = table_.find(head.stream)) {
    stream->received_ += http::kH2FrameHeadSize + payload.size();
  }
  block_bytes_ = http::kH2FrameHeadSize + payload.size();
  if (head.has(http::h2_flag::kEndHeaders)) return on_block(head.stream, end_stream, *piece);
  block_stream_ = head.stream;
  block_ends_stream_ = end_stream;
  continuations_ = 0;
  block_.assign(*piece);
}

void Http2Connection::on_continuation(const H2FrameHead& head, std::string_view payload) {
  if (block_stream_ == 0) return give_up(H2Error::protocol_error, "unexpected_continuation");
  block_bytes_ += http::kH2FrameHeadSize + payload.size();
  if (Http2Stream* const stream = table_.find(head.stream)) {
    stream->received_ += http::kH2FrameHeadSize + payload.size();
  }
  // What is over the bound of a head is still decoded, to be answered properly; not without end.
  if (!http::H2FloodGuard::block_is_fine(block_.size() + payload.size(), ++continuations_,
                                         2 * policy_.header_list)) {
    return give_up(H2Flood::continuations);
  }
  block_.append(payload);
  if (!head.has(http::h2_flag::kEndHeaders)) return;
  const std::string block = std::exchange(block_, {});
  on_block(std::exchange(block_stream_, 0), block_ends_stream_, block);
}

bool Http2Connection::drop_block(std::string_view block) {
  Nobody nobody;
  if (decoder_.decode(block, nobody)) return true;
  give_up(H2Error::compression_error, "bad_header_block");
  return false;
}

// --- streams

void Http2Connection::on_rst_stream(const H2FrameHead& head, std::string_view payload) {
  if (is_idle(head.stream)) return give_up(H2Error::protocol_error, "frame_on_idle_stream");
  Http2Stream* const stream = table_.find(head.stream);
  if (!count(flood_of_reset(stream))) return;
  if (stream == nullptr) return;
  stream->received_ += http::kH2FrameHeadSize + payload.size();
  on_reset(*stream, http::read_rst_stream(payload));
}

void Http2Connection::on_window_update(const H2FrameHead& head, std::string_view payload) {
  const std::uint32_t increment = http::read_window_update(payload);
  if (head.stream != 0 && is_idle(head.stream)) {
    return give_up(H2Error::protocol_error, "frame_on_idle_stream");
  }
  const bool tiny = increment < http::H2FloodGuard::kTinyWindowUpdate;
  if (tiny && role_ == http::H2Role::server && !count(H2Flood::window_updates)) return;
  if (head.stream == 0) {
    if (increment == 0) return give_up(H2Error::protocol_error, "empty_window_update");
    if (!send_window_.grow(increment)) return give_up(H2Error::flow_control_error, "window_overflow");
    if (!ready_.empty()) flush_later();
    return;
  }
  Http2Stream* const stream = table_.find(head.stream);
  if (stream == nullptr) return;
  stream->received_ += http::kH2FrameHeadSize + payload.size();
  if (increment == 0) return on_stream_fault(*stream, H2Error::protocol_error, http::Problem::none);
  if (!stream->send_window_.grow(increment)) {
    return on_stream_fault(*stream, H2Error::flow_control_error, http::Problem::none);
  }
  make_ready(*stream);
}

// --- the connection

void Http2Connection::on_settings(const H2FrameHead& head, std::string_view payload) {
  if (head.has(http::h2_flag::kAck)) {
    knows_limits_ = true;
    return;
  }
  if (!count(H2Flood::settings)) return;
  const auto from = role_ == http::H2Role::server ? http::H2Role::client : http::H2Role::server;
  const auto grown = http::read_settings(peer_, from, payload);
  if (!grown) return give_up(grown.error(), "bad_settings");
  if (*grown != 0) {
    for (const auto& entry : table_) {
      if (!entry.stream->send_window_.grow(*grown)) {
        return give_up(H2Error::flow_control_error, "window_overflow");
      }
      make_ready(*entry.stream);
    }
  }
  append_frame([](std::string& to) { http::write_settings_ack(to); });
  on_peer_settings();
}

void Http2Connection::on_ping(const H2FrameHead& head, std::string_view payload) {
  if (head.has(http::h2_flag::kAck)) return on_ping_ack(payload);
  if (!count(H2Flood::pings)) return;
  append_frame([&](std::string& to) { http::write_ping_ack(to, payload); });
}

// --- content

void Http2Connection::on_data(const Http2Step& step) {
  Http2Stream* const stream = step.begins ? begin_data(step) : table_.find(step.head.stream);
  if (over_) return;
  if (stream == nullptr) return consumed(step.payload.size());
  stream->received_ += step.payload.size();
  stream->last_read_ = context_.loop.now();
  const bool last = step.ends && step.head.has(http::h2_flag::kEndStream);
  if (stream->discards_) {
    consumed(step.payload.size());
    stream->peer_ended_ = last;
    if (last) on_discarded_end(*stream);
    return;
  }
  if (stream->awaits_head_) {
    consumed(step.payload.size());
    return on_stream_fault(*stream, H2Error::protocol_error, http::Problem::bad_status_line);
  }
  if (!step.payload.empty()) take_content(*stream, step.payload);
  if (!last || !stream->open()) return;
  stream->peer_ended_ = true;
  if (stream->in_left_.value_or(0) != 0) {  // RFC 9113 8.1.1
    return on_stream_fault(*stream, H2Error::protocol_error, http::Problem::incomplete_body);
  }
  if (stream->holds()) {
    stream->held_end_ = true;
  } else {
    end_of_message(*stream);
  }
}

// The flow control of a whole frame (RFC 9113 6.9.1: padding counts). Null: nobody wants its content.
Http2Stream* Http2Connection::begin_data(const Http2Step& step) {
  const H2FrameHead& head = step.head;
  if (is_idle(head.stream)) {
    give_up(H2Error::protocol_error, "frame_on_idle_stream");
    return nullptr;
  }
  if (step.content == 0 && !head.has(http::h2_flag::kEndStream) && !count(H2Flood::empty_data))
    return nullptr;
  if (!receive_window_.received(head.length)) {
    give_up(H2Error::flow_control_error, "window_exceeded");
    return nullptr;
  }
  const std::uint32_t padding = head.length - step.content;
  if (padding != 0) consumed(padding);
  Http2Stream* const stream = table_.find(head.stream);
  if (stream == nullptr) {
    if (recently_reset_.has(head.stream) || role_ == http::H2Role::client) return nullptr;
    if (count(H2Flood::late_frames)) reset(head.stream, H2Error::stream_closed);
    return nullptr;
  }
  stream->received_ += http::kH2FrameHeadSize + padding;
  if (stream->peer_ended_) {
    on_stream_fault(*stream, H2Error::stream_closed, http::Problem::none);
    return nullptr;
  }
  if (!stream->receive_window_.received(head.length)) {
    on_stream_fault(*stream, H2Error::flow_control_error, http::Problem::none);
    return nullptr;
  }
  if (padding != 0) stream->receive_window_.consumed(padding);
  return stream;
}

void Http2Connection::take_content(Http2Stream& stream, std::string_view piece) {
  if (stream.in_left_) {
    if (piece.size() > *stream.in_left_) {
      consumed(piece.size());
      return on_stream_fault(stream, H2Error::protocol_error, http::Problem::bad_content_length);
    }
    *stream.in_left_ -= piece.size();
  }
  if (stream.holds()) {
    stream.held_.append(piece);
  } else {
    deliver(stream, piece);
    if (stream.open()) return_window(stream);
  }
}

void Http2Connection::deliver(Http2Stream& stream, std::string_view piece) {
  stream.receive_window_.consumed(static_cast<std::uint32_t>(piece.size()));
  stream.handler().on_body(piece);
  consumed(piece.size());
}

void Http2Connection::discard(Http2Stream& stream) {
  stream.discards_ = true;
  const std::size_t held = std::exchange(stream.held_, {}).size();
  if (held != 0) consumed(held);
}

// These bytes of content are kept no more.
void Http2Connection::consumed(std::size_t bytes) {
  receive_window_.consumed(static_cast<std::uint32_t>(bytes));
  const std::uint32_t more = receive_window_.give_back();
  if (more != 0 && !over_) append_frame([&](std::string& to) { http::write_window_update(to, 0, more); });
}

void Http2Connection::return_window(Http2Stream& stream) {
  if (stream.paused_ || stream.peer_ended_ || stream.discards_) return;
  std::uint32_t more = stream.receive_window_.give_back();
  if (more == 0) return;
  if (!stream.was_paused_ && stream.window_size_ < policy_.largest_window) {
    stream.window_size_ = std::min(2 * stream.window_size_, policy_.largest_window);
    more += stream.receive_window_.enlarge(stream.window_size_);
  }
  stream.sent_ += http::kH2FrameHeadSize + 4;
  append_frame([&](std::string& to) { http::write_window_update(to, stream.id_, more); });
}

void Http2Connection::end_of_message(Http2Stream& stream) {
  stream.in_done_ = true;
  if (stream.out_finished_) flush_later();  // of a tunnel, whose other direction has ended before
  stream.handler().on_end(stream.trailers_);
}

}  // namespace weir::wire
