#pragma once

#include "bench/load/backoff.h"
#include "bench/load/http1_link.h"
#include "bench/load/user.h"
#include "bench/websocket/frame.h"

namespace weir::bench {

// A virtual user that sends WebSocket messages over one connection, and waits for the echo of each.
class WebSocketUser final : public User, wire::ClientHandler, LinkOwner {
 public:
  static constexpr std::uint64_t kMostMessage = std::uint64_t{1} << 20;

  WebSocketUser(Crew& crew, UserOwner& owner);

 private:
  void begin() override;
  void ask_for_upgrade();
  void on_response_head(http::ResponseHead& head) override;
  void on_body(std::string_view piece) override;
  void on_end(const http::FieldList& trailers) override;
  void on_target_failed(const wire::Failure& failure) override;
  void on_connected() override { backoff_.connected(); }
  void on_congested() override {}
  void on_drained() override {}
  void on_incoming_ready() override {}
  void on_outgoing_ready() override {}
  void on_link_free() override;
  void take(const websocket::Frame& frame);
  void answered();
  void fail(wire::Reason reason);

  Crew& crew_;
  Http1Link link_;
  Backoff backoff_;
  wire::ClientStream* stream_ = nullptr;
  std::string key_;
  websocket::FrameParser frames_;
  std::uint64_t received_ = 0;  // by the stream, until the last message ended
  std::uint64_t sent_ = 0;
  bool upgraded_ = false;
  bool idle_ = true;  // waits for its next message
};

}  // namespace weir::bench
