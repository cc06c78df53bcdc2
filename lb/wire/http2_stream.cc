#include "lb/wire/http2_stream.h"

#include "lb/wire/http2_connection.h"

namespace weir::wire {
namespace {

void empty(std::string& bytes) {
  bytes.clear();
  if (bytes.capacity() > kKeepCapacity) bytes.shrink_to_fit();
}

}  // namespace

void Http2Stream::begin(Http2Connection& connection, std::uint32_t id, std::uint32_t send_window,
                        std::uint32_t receive_window, base::Instant now) {
  connection_ = &connection;
  id_ = id;
  send_window_ = http::H2SendWindow(send_window);
  receive_window_ = http::H2ReceiveWindow(receive_window);
  window_size_ = receive_window;
  last_read_ = last_write_ = now;
}

void Http2Stream::recycle() {
  empty(queue_);
  empty(trailer_block_);
  empty(held_);
  if (!trailers_.empty()) trailers_.clear();
  queue_begin_ = 0;
  out_left_ = end_at_ = sent_ = received_ = 0;
  in_left_.reset();
  ready_ = ending_ = due_ = drops_content_ = measured_ = out_finished_ = end_sent_ = congested_ = paused_ =
      was_paused_ = awaits_tunnel_ = raw_ = peer_ended_ = held_end_ = in_done_ = discards_ = false;
  recycle_more();
}

void Http2Stream::post(std::string_view piece) {
  if (!open() || drops_content_ || end_sent_ || out_finished_) return;
  if (measured_) {
    piece = piece.substr(0, out_left_);
    out_left_ -= piece.size();
  }
  if (!piece.empty()) connection_->send_content(*this, piece);
}

void Http2Stream::post_end(const http::FieldList& trailers) {
  if (!open() || out_finished_) return;
  out_finished_ = true;
  connection_->send_end(*this, trailers);
}

void Http2Stream::hold() {
  if (!open()) return;
  paused_ = was_paused_ = true;
}

void Http2Stream::release_hold() {
  if (!open() || !paused_) return;
  paused_ = false;
  last_read_ = connection_->context_.loop.now();
  connection_->on_resumed(*this);
  connection_->tell_later(*this);
}

}  // namespace weir::wire
