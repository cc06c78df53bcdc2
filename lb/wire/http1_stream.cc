#include "lb/wire/http1_stream.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace weir::wire {

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::Active::recycle() {
  parser.reset();
  output.clear();
  pending.clear();
  received = sent = out_left = 0;
  write_error = 0;
  out_body = {};
  progress = {};
  raw = in_done = out_finished = congested = handed_over = end_due = input_end_due = outgoing_wanted =
      blocked = write_broken = false;
}

template <class Seam, class Parser>
Http1Stream<Seam, Parser>::Http1Stream(Context& context, FreeList<Active>& actives,
                                       std::unique_ptr<net::ByteStream> stream)
    : context_(context),
      actives_(actives),
      stream_(std::move(stream)),
      last_read_(context.loop.now()),
      last_write_(context.loop.now()) {
  stream_->set_events(this);
}

template <class Seam, class Parser>
auto Http1Stream<Seam, Parser>::activate() -> Active& {
  if (!active_) {
    active_ = actives_.take(context_.turn, parser_limits());
    active_->parser.set_limits(parser_limits());
  }
  return *active_;
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::deactivate() {
  if (active_) actives_.give_back(std::move(active_));
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::close_stream() {
  deactivate();
  stream_.reset();
}

// --- outgoing

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::send_body(std::string_view piece) {
  if (piece.empty() || active_->write_broken) return;
  Output& output = active_->output;
  switch (active_->raw ? http::Body::Kind::until_close : active_->out_body.kind) {
    case http::Body::Kind::none: return;
    case http::Body::Kind::length:
      piece = piece.substr(0, active_->out_left);
      active_->out_left -= piece.size();
      output.append(piece);
      break;
    case http::Body::Kind::chunked:
      output.append_with(http::kChunkSizeBytes, [&](std::string& to) {
        char line[http::kChunkSizeBytes];
        to.append(line, http::write_chunk_size(line, piece.size()));
      });
      output.append(piece);
      output.append(http::kChunkEnd);
      break;
    case http::Body::Kind::until_close: output.append(piece); break;
  }
  context_.turn.flush_later(*this);
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::finish(const http::FieldList& trailers) {
  active_->out_finished = true;
  if (!active_->raw && active_->out_body.kind == http::Body::Kind::chunked && !active_->write_broken) {
    active_->output.append_with(trailers.lines().size() + http::kLastChunk.size(),
                                [&](std::string& to) { http::write_last_chunk(to, trailers); });
  }
  context_.turn.flush_later(*this);
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::flush() {
  if (closed() || !active_) return;
  if (active_->raw && !active_->pending.empty()) {  // came right behind the request for the tunnel
    consume_pending();
    if (closed() || !active_) return;
  }
  if (active_->end_due) {
    active_->end_due = false;
    on_message_end();
    if (closed() || !active_) return;
  }
  if (active_->input_end_due) {
    active_->input_end_due = false;
    read_closed_ = true;
    on_input_end();
    if (closed() || !active_) return;
  }
  if (active_->write_error != 0) {
    break_writing(std::exchange(active_->write_error, 0));
    if (closed() || !active_) return;
  }
  if (!active_->output.empty()) {
    if (active_->out_finished && ends_with_output()) stream_->last_write_comes();
    const net::IoResult result = active_->output.flush(*stream_);
    if (result.kind == net::IoResult::Kind::error) {
      break_writing(result.error);
      if (closed() || !active_) return;
    } else if (result.bytes != 0) {
      active_->sent += result.bytes;
      last_write_ = context_.loop.now();
    }
    note_congestion();
    if (closed() || !active_) return;
  }
  note_blocked();
  if (active_->output.empty()) {
    on_output_empty();
    if (closed()) return;
  }
  update_interest();
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::break_writing(int error) {
  active_->output.clear();
  active_->outgoing_wanted = false;
  active_->write_broken = true;
  on_write_broken(error);
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::note_blocked() {
  const bool blocked = !active_->output.empty() || active_->outgoing_wanted;
  if (blocked && !active_->blocked) {
    last_write_ = context_.loop.now();
    active_->blocked = true;
    on_output_blocked();
  }
  active_->blocked = blocked;
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::note_congestion() {
  const std::size_t waiting = active_->output.size();
  if (!active_->congested && waiting >= StreamHandler::kHighMark) {
    active_->congested = true;
    if (handler() != nullptr) handler()->on_congested();
  } else if (active_->congested && waiting <= StreamHandler::kLowMark) {
    active_->congested = false;
    if (handler() != nullptr) handler()->on_drained();
  }
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::on_writable() {
  const Turn::Scope scope(context_.turn);
  if (active_ && active_->outgoing_wanted && active_->output.empty()) {
    active_->outgoing_wanted = false;
    if (handler() != nullptr) handler()->on_outgoing_ready();
    if (closed()) return;
  }
  context_.turn.flush_later(*this);
}

// --- incoming

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::on_readable() {
  const Turn::Scope scope(context_.turn);
  if (paused_ || read_closed_ || pending_is_full()) {
    on_hung_up();
    return;
  }
  if (active_ && active_->handed_over) {
    handler()->on_incoming_ready();
    if (!closed()) update_interest();
    return;
  }
  read_once();
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::read_once() {
  const net::IoResult result = stream_->read(context_.turn.read_buffer());
  switch (result.kind) {
    case net::IoResult::Kind::would_block: return;
    case net::IoResult::Kind::done: received({context_.turn.read_buffer().data(), result.bytes}); break;
    case net::IoResult::Kind::error: on_broken(result.error); break;
    case net::IoResult::Kind::end:
      read_closed_ = true;
      on_input_end();
      break;
  }
  if (!closed()) update_interest();
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::receive_first(std::string_view bytes) {
  received(context_.turn.keep(std::string(bytes)));
  if (!closed()) update_interest();
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::received(std::string_view input) {
  last_read_ = context_.loop.now();
  if (discards_input(input.size())) return;
  Active& active = activate();
  if (active.pending.empty()) {
    consume(input);
  } else {
    active.pending.append(input);
    consume_pending();
  }
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::consume(std::string_view input) {
  while (!closed()) {
    if (active_ && active_->raw) {
      active_->received += input.size();
      if (!input.empty()) handler()->on_body(input);
      return;
    }
    if (!wants_message()) {
      if (!input.empty()) keep_pending(input);
      return;
    }
    const http::Step step = activate().parser.next(input);
    active_->received += step.consumed;
    input.remove_prefix(step.consumed);
    switch (step.kind) {
      case http::Step::Kind::need_more:
        if (active_->parser.in_head()) on_incomplete_head();
        return;
      case http::Step::Kind::body: handler()->on_body(step.body); break;
      case http::Step::Kind::head: on_head(); break;
      case http::Step::Kind::end: on_message_end(); break;
      case http::Step::Kind::failed:
        active_->received += input.size();
        on_malformed(active_->parser.problem());
        return;
    }
  }
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::keep_pending(std::string_view rest) {
  std::string& pending = activate().pending;
  pending.assign(rest);
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::consume_pending() {
  if (closed() || !active_ || active_->pending.empty() || !wants_message()) return;
  consume(context_.turn.keep(std::exchange(active_->pending, {})));
}

template <class Seam, class Parser>
bool Http1Stream<Seam, Parser>::pending_is_full() const {
  return active_ && active_->pending.size() >= parser_limits().head_bytes;
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::pause() {
  paused_ = true;
  update_interest();
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::resume() {
  if (!paused_) return;
  paused_ = false;
  last_read_ = context_.loop.now();
  on_resumed();
  update_interest();
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::update_interest() {
  if (closed()) return;
  const bool write = active_ && (!active_->output.empty() || active_->outgoing_wanted);
  want({.read = !paused_ && !read_closed_ && !pending_is_full(), .write = write});
}

// --- splicing

template <class Seam, class Parser>
bool Http1Stream<Seam, Parser>::take_incoming() {
  if (!stream_->splices_to_pipe() || active_->raw || active_->parser.body_left() == 0) return false;
  active_->handed_over = true;
  return true;
}

template <class Seam, class Parser>
SpliceEnd Http1Stream<Seam, Parser>::incoming() {
  return {stream_.get(), active_->parser.body_left()};
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::incoming_spliced(std::uint64_t bytes) {
  last_read_ = context_.loop.now();
  if (bytes == 0) {
    active_->handed_over = false;
    active_->input_end_due = true;
    return context_.turn.flush_later(*this);
  }
  active_->received += bytes;
  active_->parser.skip_body(bytes);
  if (active_->parser.body_left() == 0 && active_->parser.next({}).kind == http::Step::Kind::end) {
    active_->handed_over = false;
    active_->end_due = true;
    context_.turn.flush_later(*this);
  }
}

template <class Seam, class Parser>
bool Http1Stream<Seam, Parser>::takes_splice() const {
  const auto kind = active_->out_body.kind;
  const bool bare = kind == http::Body::Kind::length || kind == http::Body::Kind::until_close;
  return bare && stream_->splices_from_pipe() && !active_->raw;
}

template <class Seam, class Parser>
SpliceEnd Http1Stream<Seam, Parser>::outgoing() {
  if (!takes_splice() || !active_->output.empty() || active_->write_broken) return {};
  switch (active_->out_body.kind) {
    case http::Body::Kind::length: return {stream_.get(), active_->out_left};
    case http::Body::Kind::until_close: return {stream_.get(), std::numeric_limits<std::uint64_t>::max()};
    default: return {};
  }
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::outgoing_spliced(std::uint64_t bytes) {
  last_write_ = context_.loop.now();
  active_->sent += bytes;
  if (active_->out_body.kind == http::Body::Kind::length) active_->out_left -= bytes;
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::outgoing_failed(int error) {
  active_->write_error = error;
  context_.turn.flush_later(*this);
}

template <class Seam, class Parser>
void Http1Stream<Seam, Parser>::want_outgoing() {
  active_->outgoing_wanted = true;
  context_.turn.flush_later(*this);
}

template class Http1Stream<ServerStream, http::RequestParser>;
template class Http1Stream<ClientStream, http::ResponseParser>;

}  // namespace weir::wire
