#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lb/net/pipe_pool.h"
#include "lb/wire/seam.h"

namespace weir::proxy {

// One direction of an exchange: content from one stream to another, with back-pressure. The source
// is paused while there is a reason to; the sink is never waited for in another way. Large bodies
// of known length go by splice(2), where both ends allow it and a pipe is free.
class Relay {
 public:
  // From this length on a splice is worth its system calls.
  static constexpr std::uint64_t kSpliceFrom = 256 * 1024;

  explicit Relay(net::PipePool& pipes) : pipes_(pipes) {}
  ~Relay() { stop(); }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Binds the direction anew: for each attempt. `large`: the content may be worth a splice, which
  // waits for allow_splice(), since nothing that was spliced can be replayed.
  void start(wire::Stream& source, wire::Stream& sink, bool large);
  // No byte passes any more. Before either stream ends.
  void stop();
  void allow_splice() { may_splice_ = large_; }
  bool running() const { return sink_ != nullptr; }

  void body(std::string_view piece);
  void end(const http::FieldList& trailers);

  void sink_congested() { pause(congested); }
  void sink_drained() { resume(congested); }
  void source_ready() { pump(); }
  void sink_ready();

 private:
  enum PauseReason : std::uint8_t { congested = 1, pipe_full = 2 };

  void pause(PauseReason reason);
  void resume(PauseReason reason);
  void take_over();
  void pump();
  bool fill();
  bool drain();
  void wait_for_sink();
  void give_pipe_back();
  void leave_source();

  net::PipePool& pipes_;
  wire::Stream* source_ = nullptr;  // null once it is at its end
  wire::Stream* sink_ = nullptr;
  std::optional<net::Pipe> pipe_;
  std::uint64_t in_pipe_ = 0;
  http::FieldList trailers_;
  std::uint8_t paused_ = 0;  // a set of PauseReason
  bool large_ = false;
  bool may_splice_ = false;
  bool ending_ = false;  // the source is at its end, bytes are still in the pipe
};

}  // namespace weir::proxy
