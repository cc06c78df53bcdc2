#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lb/health/judge.h"
#include "lb/net/timer_wheel.h"
#include "lb/net/tls_stream.h"
#include "lb/probe/probe.h"
#include "lb/wire/http2_client.h"

namespace weir::probe {

// One call of gRPC over an HTTP/2 connection of its own: with prior knowledge in the clear (RFC 9113 3.3), or
// over TLS, where the target has to choose h2 (3.2), with a full handshake each time. It asks
// grpc.health.v1 (gRPC's health-checking.md), or calls the check's path with an empty message, as ALB does.
// The verdict falls when the call is over, since how it went stands in its trailers, or when the answer
// exceeds its bound. Then the connection is closed as HTTP/2 wants it: what that takes the target is waited
// for, up to kLinger.
class GrpcProbe final : public Probe, wire::ClientHandler, wire::Http2ClientOwner {
 public:
  static constexpr base::Duration kLinger = std::chrono::milliseconds(100);

  explicit GrpcProbe(ProbeOrder order);
  ~GrpcProbe() override;
  GrpcProbe(const GrpcProbe&) = delete;
  GrpcProbe& operator=(const GrpcProbe&) = delete;

 private:
  std::unique_ptr<net::ByteStream> secure(std::unique_ptr<net::ByteStream> stream, const ProbeOrder& order);
  void send(const base::SocketAddress& address);
  bool asks_health() const { return check_->path.empty(); }
  std::size_t most_content() const;

  void on_connected() override;
  void on_response_head(http::ResponseHead& head) override;
  void on_body(std::string_view piece) override;
  void on_end(const http::FieldList& trailers) override;
  void on_target_failed(const wire::Failure& failure) override;
  void on_congested() override {}
  void on_drained() override {}
  void on_incoming_ready() override {}
  void on_outgoing_ready() override {}

  void on_room(wire::Http2Client&) override {}
  void on_closed(wire::Http2Client& connection) override;

  void take_ending(const http::FieldList& fields);
  bool is_answer_of_grpc() const;
  health::Verdict judge() const;
  health::Verdict judge_large_answer() const;
  void decide(const health::Verdict& verdict);
  void refuse_protocol();
  void fail(const wire::Failure& failure, bool begun);
  void fail_in_time();
  void on_deadline();
  void finish();

  ProbeContext& context_;
  std::shared_ptr<const model::HealthCheck> check_;
  ProbeOwner& owner_;
  base::Instant began_;
  health::ProbeResult result_;
  std::string content_type_;
  std::optional<std::string> grpc_status_;
  std::string grpc_message_;
  std::string content_;  // its first most_content() bytes and one more
  net::Deadline deadline_;
  std::unique_ptr<wire::Http2Client> connection_;
  wire::Http2ClientStream* stream_ = nullptr;  // null: the call is over
  net::TlsStream* tls_ = nullptr;              // the connection's; null: in the clear
  std::string server_name_;                    // that it has to be
  int error_ = 0;                              // why there is none
  bool connected_ = false;
  bool decided_ = false;   // result_ has its verdict
  bool finished_ = false;  // and has been reported
};

}  // namespace weir::probe
