// What an HTTP/2 connection sends: content by turns, within the windows and as the socket takes it.

#include <algorithm>
#include <utility>

#include "lb/http/h2_response.h"
#include "lb/wire/http2_connection.h"

namespace weir::wire {
namespace {

// Up to here streams write in one turn straight into what the connection sends, and while the socket is full:
// content beyond waits with its stream, where turns are fair and a reset takes it back.
constexpr std::size_t kTurnBytes = 256 * 1024;
constexpr std::size_t kBlockedBytes = 16 * 1024;

constexpr std::size_t kCopyBelow = 2048;  // as Output does

}  // namespace

std::size_t Http2Connection::room() const {
  const std::size_t most = blocked_ ? kBlockedBytes : kTurnBytes;
  return most - std::min(most, output_.size());
}

void Http2Connection::send_content(Http2Stream& stream, std::string_view piece) {
  while (!piece.empty() && stream.waiting() == 0) {
    const std::size_t most =
        std::min({piece.size(), std::size_t{peer_.max_frame}, std::size_t{stream.send_window_.left()},
                  std::size_t{send_window_.left()}, room()});
    if (most == 0) break;
    append_content(stream, piece.substr(0, most), /*copies=*/most < kCopyBelow);
    piece.remove_prefix(most);
  }
  flush_later();
  if (piece.empty()) return;
  if (stream.waiting() == 0) {
    stream.last_write_ = context_.loop.now();
    note_due(due_of_starving(stream));
  }
  stream.queue_.append(piece);
  make_ready(stream);
  if (!stream.congested_ && stream.waiting() >= StreamHandler::kHighMark) tell_later(stream);
}

void Http2Connection::append_content(Http2Stream& stream, std::string_view piece, bool copies) {
  const auto size = static_cast<std::uint32_t>(piece.size());
  output_.append_with(http::kH2FrameHeadSize + (copies ? size : 0), [&](std::string& to) {
    const std::size_t at = to.size();
    http::write_data_head(to, stream.id_, size, /*end_stream=*/false);
    if (copies) to.append(piece);
    last_content_flags_ = to.data() + at + 4;
  });
  last_content_generation_ = output_.generation();
  last_content_stream_ = stream.id_;
  if (!copies) output_.append(piece);
  guard_.sent_data();
  stream.send_window_.sent(size);
  send_window_.sent(size);
  stream.sent_ += http::kH2FrameHeadSize + size;
  stream.last_write_ = context_.loop.now();
}

// A message often ends in the turn that brings its last content: then that frame is made the last one.
bool Http2Connection::mark_last_content(const Http2Stream& stream) {
  if (last_content_stream_ != stream.id_ || last_content_generation_ != output_.generation()) return false;
  *last_content_flags_ |= static_cast<char>(http::h2_flag::kEndStream);
  return true;
}

void Http2Connection::send_end(Http2Stream& stream, const http::FieldList& trailers) {
  if (!trailers.empty() && !stream.end_sent_ && !stream.drops_content_) {
    http::write_h2_trailers(stream.trailer_block_, trailers);
  }
  if (stream.waiting() == 0) append_end(stream);
  flush_later();
}

void Http2Connection::append_end(Http2Stream& stream) {
  if (!stream.end_sent_) {
    if (!stream.trailer_block_.empty()) {
      send_block(stream, stream.trailer_block_.size() * 2, /*end_stream=*/true,
                 [&](std::string& to) { to.append(stream.trailer_block_); });
    } else if (!mark_last_content(stream)) {
      append_frame([&](std::string& to) { http::write_data_head(to, stream.id_, 0, /*end_stream=*/true); });
      stream.sent_ += http::kH2FrameHeadSize;
    }
    stream.end_sent_ = true;
  }
  on_end_appended(stream);
  if (!stream.open()) return;
  stream.end_at_ = position();
  stream.ending_ = true;
  ending_.push_back(&stream);
}

void Http2Connection::make_ready(Http2Stream& stream) {
  if (stream.ready_ || stream.waiting() == 0 || stream.send_window_.left() == 0) return;
  stream.ready_ = true;
  ready_.push_back(&stream);
  flush_later();
}

// A frame of each stream in turn.
void Http2Connection::pump() {
  while (!ready_.empty()) {
    const std::size_t most = std::min(std::size_t{send_window_.left()}, room());
    if (most == 0) return;
    Http2Stream& stream = *ready_.front();
    ready_.erase(ready_.begin());
    stream.ready_ = false;
    send_some(stream, most);
    make_ready(stream);
  }
}

void Http2Connection::send_some(Http2Stream& stream, std::size_t most) {
  const std::size_t size = std::min(
      {most, stream.waiting(), std::size_t{peer_.max_frame}, std::size_t{stream.send_window_.left()}});
  if (size == 0) return;
  const std::string_view piece = std::string_view(stream.queue_).substr(stream.queue_begin_, size);
  append_content(stream, piece, /*copies=*/true);  // the queue may be used again before the turn ends
  stream.queue_begin_ += size;
  if (stream.waiting() == 0) {
    stream.queue_.clear();
    stream.queue_begin_ = 0;
    if (stream.out_finished_) append_end(stream);
  } else if (stream.queue_begin_ > stream.queue_.size() / 2) {
    stream.queue_.erase(0, stream.queue_begin_);
    stream.queue_begin_ = 0;
  }
  if (stream.open() && stream.congested_ && stream.waiting() <= StreamHandler::kLowMark) tell_later(stream);
}

// Sends what waits of this stream, as far as it goes now; tells nobody.
void Http2Connection::push(Http2Stream& stream) {
  while (stream.waiting() != 0) {
    const std::size_t before = stream.waiting();
    const std::size_t most = std::min(std::size_t{send_window_.left()}, room());
    if (most != 0) send_some(stream, most);
    if (stream.waiting() == before) return;
  }
}

void Http2Connection::drop_content(Http2Stream& stream) {
  stream.queue_.clear();
  stream.queue_begin_ = 0;
  stream.trailer_block_.clear();
  stream.drops_content_ = stream.end_sent_ = true;
  if (stream.congested_) tell_later(stream);
}

// --- to the kernel

void Http2Connection::on_writable() {
  const Turn::Scope scope(context_.turn);
  if (connecting_) return on_connecting();
  if (!closed()) flush_later();
}

void Http2Connection::flush() {
  if (!closed()) send_all();
  if (!closed()) {
    if (!due_.empty()) flush_later();
    if (table_.empty()) {
      rest();
      if (ends_when_done()) end();
      if (over_ && !lingers_ && output_.empty()) begin_linger();
    }
    update_interest();
  }
  give_back_retired();
}

void Http2Connection::send_all() {
  tell_due();
  if (connecting_) return output_.settle();
  do {
    if (closed()) return;
    pump();
    if (!write()) return;
  } while (!blocked_ && !ready_.empty() && send_window_.left() != 0);
  tell_ends();
}

// False: the connection is over.
bool Http2Connection::write() {
  if (!output_.empty()) {
    if (table_.empty() && !lingers_ && (over_ || ends_when_done())) stream_->last_write_comes();
    const net::IoResult result = output_.flush(*stream_);
    if (result.kind == net::IoResult::Kind::error) {
      output_.clear();
      on_broken(result.error, /*writing=*/true);
      return !closed();
    }
    if (result.bytes != 0) {
      written_ += result.bytes;
      last_write_ = context_.loop.now();
    }
  }
  const bool blocked = !output_.empty();
  if (blocked && !blocked_) {
    last_write_ = context_.loop.now();
    blocked_ = true;
    if (!over_) note_due(due());
  }
  blocked_ = blocked;
  return true;
}

void Http2Connection::tell_ends() {
  std::size_t kept = 0;
  std::size_t next = 0;
  while (next < ending_.size()) {
    Http2Stream* const stream = std::exchange(ending_[next++], nullptr);
    if (stream == nullptr) continue;
    if (stream->end_at_ > written_ || (stream->raw_ && !stream->in_done_)) {
      ending_[kept++] = stream;
      continue;
    }
    stream->ending_ = false;
    stream->on_end_sent();
    if (closed()) return;
  }
  ending_.resize(kept);
}

void Http2Connection::send_goaway(std::uint32_t last_stream, http::H2Error error, std::string_view word) {
  append_frame([&](std::string& to) { http::write_goaway(to, {last_stream, error, word}); });
}

void Http2Connection::send_ping(std::string_view payload) {
  append_frame([&](std::string& to) { http::write_ping(to, payload); });
}

}  // namespace weir::wire
