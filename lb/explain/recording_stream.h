#pragma once

#include <memory>
#include <string>

#include "lb/net/byte_stream.h"
#include "lb/net/loop.h"

namespace weir::explain {

// What a stream is given to read, and what was written to it. Outlives it.
struct Recording {
  std::string to_read;
  std::string written;
  class RecordingStream* stream = nullptr;  // null: it is gone
};

// A stream to nobody: connecting succeeds, every write is taken and kept, and after the bytes to read nothing
// more comes. One thread.
class RecordingStream final : public net::ByteStream {
 public:
  RecordingStream(net::Loop& loop, std::shared_ptr<Recording> recording);
  ~RecordingStream() override;
  RecordingStream(const RecordingStream&) = delete;
  RecordingStream& operator=(const RecordingStream&) = delete;

  void set_events(net::StreamEvents* events) override { events_ = events; }
  void want(net::Interest interest) override;
  net::Interest wanted() const override { return wanted_; }
  net::IoResult established() override { return net::IoResult::done(0); }
  net::IoResult read(std::span<char> into) override;
  net::IoResult write(std::span<const iovec> parts) override;
  net::IoResult shutdown_write() override { return net::IoResult::done(0); }
  void reset_on_close() override {}

 private:
  bool readable() const { return wanted_.read && !recording_->to_read.empty(); }
  void deliver_later();
  void deliver();

  net::Loop& loop_;
  const std::shared_ptr<Recording> recording_;
  net::StreamEvents* events_ = nullptr;
  net::Interest wanted_;
  bool due_ = false;
};

}  // namespace weir::explain
