#include "tests/support/memory_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace weir::test {

MemoryStream::MemoryStream(net::Loop& loop, std::shared_ptr<MemoryPipe> pipe)
    : loop_(loop), pipe_(std::move(pipe)) {
  pipe_->stream = this;
}

MemoryStream::~MemoryStream() {
  pipe_->stream = nullptr;
  pipe_->stream_gone = true;
}

bool MemoryStream::writable() const {
  return pipe_->habits.accepts &&
         (pipe_->to_peer.size() < pipe_->habits.window || pipe_->peer_reset || pipe_->peer_gone);
}

void MemoryStream::want(net::Interest interest) {
  wanted_ = interest;
  wake();
}

void MemoryStream::wake() {
  const bool due = (wanted_.read && readable()) || (wanted_.write && writable()) || pipe_->peer_reset;
  if (scheduled_ || !due) return;
  scheduled_ = true;
  loop_.defer([pipe = pipe_] {
    if (pipe->stream != nullptr) pipe->stream->deliver();
  });
}

// Reads and writes take turns, each announced whether or not it is the one that is ready.
void MemoryStream::deliver() {
  scheduled_ = false;
  read_turn_ = !read_turn_;
  const std::shared_ptr<MemoryPipe> pipe = pipe_;
  if (read_turn_ && (wanted_.read || pipe->peer_reset)) {
    events_->on_readable();
  } else if (wanted_.write) {
    events_->on_writable();
  }
  if (pipe->stream != nullptr) wake();
}

net::IoResult MemoryStream::established() {
  return pipe_->habits.accepts ? net::IoResult::done(0) : net::IoResult::would_block();
}

net::IoResult MemoryStream::read(std::span<char> into) {
  stutter_read_ = !stutter_read_;
  if (pipe_->peer_reset) return net::IoResult::failed(ECONNRESET);
  if (pipe_->habits.stutter && stutter_read_) return net::IoResult::would_block();
  std::string& bytes = pipe_->to_stream;
  if (bytes.empty()) return pipe_->peer_shut ? net::IoResult::end() : net::IoResult::would_block();
  const std::size_t count = std::min({into.size(), bytes.size(), pipe_->habits.read_size});
  std::memcpy(into.data(), bytes.data(), count);
  bytes.erase(0, count);
  return net::IoResult::done(count);
}

net::IoResult MemoryStream::write(std::span<const iovec> parts) {
  stutter_write_ = !stutter_write_;
  if (pipe_->peer_reset) return net::IoResult::failed(ECONNRESET);
  if (pipe_->peer_gone) return net::IoResult::failed(EPIPE);
  if ((pipe_->habits.stutter && stutter_write_) || !writable()) return net::IoResult::would_block();
  std::size_t left = std::min(pipe_->habits.write_size, pipe_->habits.window - pipe_->to_peer.size());
  std::size_t taken = 0;
  for (const iovec& part : parts) {
    const std::size_t some = std::min(left, part.iov_len);
    pipe_->to_peer.append(static_cast<const char*>(part.iov_base), some);
    left -= some;
    taken += some;
  }
  return net::IoResult::done(taken);
}

net::IoResult MemoryStream::shutdown_write() {
  if (pipe_->peer_reset || pipe_->peer_gone) return net::IoResult::failed(ENOTCONN);
  pipe_->stream_shut = true;
  return net::IoResult::done(0);
}

// --- the peer's end

void MemoryPeer::wake() {
  if (pipe_->stream != nullptr) pipe_->stream->wake();
}

std::size_t MemoryPeer::send_some(std::string_view bytes) {
  if (pipe_->stream_gone) {
    broken_ = true;
    return 0;
  }
  const std::size_t room = pipe_->habits.window - std::min(pipe_->habits.window, pipe_->to_stream.size());
  const std::size_t count = std::min(bytes.size(), room);
  pipe_->to_stream.append(bytes.substr(0, count));
  wake();
  return count;
}

void MemoryPeer::shutdown_write() {
  pipe_->peer_shut = true;
  wake();
}

void MemoryPeer::close() {
  pipe_->peer_shut = pipe_->peer_gone = true;
  wake();
}

void MemoryPeer::reset() {
  pipe_->peer_reset = true;
  wake();
}

void MemoryPeer::receive() {
  const std::size_t room = read_limit_ - std::min(read_limit_, buffer_.size());
  const std::size_t count = std::min(room, pipe_->to_peer.size());
  buffer_.append(pipe_->to_peer, 0, count);
  pipe_->to_peer.erase(0, count);
  if (count != 0) wake();
  if (!pipe_->to_peer.empty()) return;
  if (pipe_->stream_gone && pipe_->stream_reset) {
    broken_ = true;
  } else if (pipe_->stream_shut || pipe_->stream_gone) {
    ended_ = true;
  }
}

}  // namespace weir::test
