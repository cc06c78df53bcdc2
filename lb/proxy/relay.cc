#include "lb/proxy/relay.h"

#include <algorithm>

namespace weir::proxy {
namespace {

// What one wake-up may move before others get their turn.
constexpr int kRounds = 4;

}  // namespace

void Relay::start(wire::Stream& source, wire::Stream& sink, bool large) {
  source_ = &source;
  sink_ = &sink;
  large_ = large;
  may_splice_ = false;
  ending_ = false;
}

void Relay::stop() {
  if (sink_ == nullptr) return;
  leave_source();
  give_pipe_back();
  sink_ = nullptr;
}

void Relay::leave_source() {
  if (pipe_ && source_ != nullptr) source_->return_incoming();
  if (paused_ != 0 && source_ != nullptr) source_->resume();
  source_ = nullptr;
  paused_ = 0;
}

void Relay::give_pipe_back() {
  if (!pipe_) return;
  if (in_pipe_ == 0) {
    pipes_.give_back(std::move(*pipe_));
  } else {
    pipes_.discard(std::move(*pipe_));
  }
  pipe_.reset();
  in_pipe_ = 0;
}

void Relay::body(std::string_view piece) {
  sink_->send_body(piece);
  if (may_splice_ && !pipe_) take_over();
}

void Relay::take_over() {
  may_splice_ = false;
  if (source_->incoming().left < kSpliceFrom || !sink_->takes_splice()) return;
  pipe_ = pipes_.take();
  if (pipe_ && !source_->take_incoming()) give_pipe_back();
}

void Relay::end(const http::FieldList& trailers) {
  leave_source();
  if (in_pipe_ != 0) {
    ending_ = true;  // trailers: none, the length was known
    return;
  }
  give_pipe_back();
  sink_->finish(trailers);
}

void Relay::pause(PauseReason reason) {
  if (source_ == nullptr) return;
  if (paused_ == 0) source_->pause();
  paused_ |= reason;
}

void Relay::resume(PauseReason reason) {
  if (paused_ == 0) return;
  paused_ &= static_cast<std::uint8_t>(~reason);
  if (paused_ == 0) source_->resume();
}

void Relay::sink_ready() {
  if (!pipe_) return;
  if (!drain()) return;
  if (ending_) {
    end({});
  } else {
    resume(pipe_full);
  }
}

void Relay::pump() {
  for (int round = 0; round < kRounds; ++round) {
    if (!fill() || !drain()) return;
  }
}

// Moves bytes from the source into the empty pipe; false if none came.
bool Relay::fill() {
  const wire::SpliceEnd from = source_->incoming();
  if (from.left == 0) return false;
  const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(from.left, net::PipePool::kPipeBytes));
  const net::IoResult moved = from.stream->splice_to(pipe_->write_end.get(), most);
  if (moved.kind == net::IoResult::Kind::would_block) return false;
  // An error of the socket is a connection that ended too early, as a FIN is.
  in_pipe_ += moved.bytes;
  source_->incoming_spliced(moved.bytes);
  return moved.bytes != 0;
}

// Moves what is in the pipe to the sink; false if some of it stayed.
bool Relay::drain() {
  while (in_pipe_ != 0) {
    const wire::SpliceEnd to = sink_->outgoing();
    if (to.stream == nullptr) {
      wait_for_sink();
      return false;
    }
    const net::IoResult moved = to.stream->splice_from(pipe_->read_end.get(), in_pipe_);
    switch (moved.kind) {
      case net::IoResult::Kind::done: break;
      case net::IoResult::Kind::would_block: wait_for_sink(); return false;
      default:
        // The source goes on, and its bytes to nobody: an answer may still be on its way.
        if (source_ != nullptr) source_->return_incoming();
        resume(pipe_full);
        give_pipe_back();
        sink_->outgoing_failed(moved.error);
        return false;
    }
    in_pipe_ -= moved.bytes;
    sink_->outgoing_spliced(moved.bytes);
  }
  return true;
}

void Relay::wait_for_sink() {
  pause(pipe_full);
  sink_->want_outgoing();
}

}  // namespace weir::proxy
