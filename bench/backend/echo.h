#pragma once

#include <string>
#include <string_view>

#include "bench/websocket/frame.h"

namespace weir::bench {

// The server's side of a WebSocket connection that gets back what it sends: data frames as they came, a pong
// for a ping, and a close for a close or for what breaks the protocol. Bytes to bytes; no I/O.
class Echo {
 public:
  static constexpr std::uint64_t kMostPayload = std::uint64_t{1} << 20;  // of a frame

  // What to send for these bytes: valid until the next call. After the end nothing is answered any more.
  std::string_view answer(std::string_view bytes);
  // The last frame, a close, has been answered: the connection ends when it is sent.
  bool ended() const { return ended_; }

 private:
  void answer_frame(const websocket::Frame& frame);
  void end(std::string_view payload);

  websocket::FrameParser parser_{websocket::End::server, kMostPayload};
  std::string out_;
  bool ended_ = false;
};

}  // namespace weir::bench
