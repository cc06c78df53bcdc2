#include "lb/explain/recording_stream.h"

#include <algorithm>
#include <cstring>

namespace weir::explain {

RecordingStream::RecordingStream(net::Loop& loop, std::shared_ptr<Recording> recording)
    : loop_(loop), recording_(std::move(recording)) {
  recording_->stream = this;
}

RecordingStream::~RecordingStream() { recording_->stream = nullptr; }

void RecordingStream::want(net::Interest interest) {
  wanted_ = interest;
  deliver_later();
}

void RecordingStream::deliver_later() {
  if (due_ || !(readable() || wanted_.write)) return;
  due_ = true;
  loop_.defer([recording = recording_] {
    if (recording->stream != nullptr) recording->stream->deliver();
  });
}

// Either call may destroy the stream.
void RecordingStream::deliver() {
  due_ = false;
  const std::shared_ptr<Recording> recording = recording_;
  if (wanted_.write) events_->on_writable();
  if (recording->stream == nullptr) return;
  if (readable()) events_->on_readable();
  if (recording->stream != nullptr) deliver_later();
}

net::IoResult RecordingStream::read(std::span<char> into) {
  std::string& bytes = recording_->to_read;
  if (bytes.empty()) return net::IoResult::would_block();
  const std::size_t count = std::min(into.size(), bytes.size());
  std::memcpy(into.data(), bytes.data(), count);
  bytes.erase(0, count);
  return net::IoResult::done(count);
}

net::IoResult RecordingStream::write(std::span<const iovec> parts) {
  std::size_t taken = 0;
  for (const iovec& part : parts) {
    recording_->written.append(static_cast<const char*>(part.iov_base), part.iov_len);
    taken += part.iov_len;
  }
  return net::IoResult::done(taken);
}

}  // namespace weir::explain
