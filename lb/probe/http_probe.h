#pragma once

#include <memory>
#include <string>

#include "lb/health/judge.h"
#include "lb/net/timer_wheel.h"
#include "lb/net/tls_stream.h"
#include "lb/probe/probe.h"

namespace weir::probe {

// One request over a connection of its own, by HTTP/1.1 or, where its group speaks that, HTTP/2; with https
// over TLS, whose handshake is a full one each time: a session that is resumed shows no certificate. The
// verdict falls as soon as what has come allows it; from then on the rest of the answer is waited for, up to
// kLinger and 64 KiB: it is evidence, and a target that is still sending when the connection closes would log
// a reset at every check.
class HttpProbe final : public Probe, wire::ClientHandler, wire::ClientOwner, wire::Http2ClientOwner {
 public:
  static constexpr base::Duration kLinger = std::chrono::milliseconds(100);

  explicit HttpProbe(ProbeOrder order);
  ~HttpProbe() override;
  HttpProbe(const HttpProbe&) = delete;
  HttpProbe& operator=(const HttpProbe&) = delete;

 private:
  std::unique_ptr<net::ByteStream> secure(std::unique_ptr<net::ByteStream> stream, const ProbeOrder& order);
  void connect(std::unique_ptr<net::ByteStream> stream, bool http2);
  void send(const base::SocketAddress& address);

  void on_connected() override;
  void on_response_head(http::ResponseHead& head) override;
  void on_body(std::string_view piece) override;
  void on_end(const http::FieldList& trailers) override;
  void on_target_failed(const wire::Failure& failure) override;
  void on_congested() override {}
  void on_drained() override {}
  void on_incoming_ready() override {}
  void on_outgoing_ready() override {}

  void on_idle(wire::Http1Client&) override {}
  void on_closed(wire::Http1Client& connection) override;
  void on_room(wire::Http2Client&) override {}
  void on_closed(wire::Http2Client& connection) override;

  void decide(const health::Verdict& verdict);
  void fail(const wire::Failure& failure);
  void fail_in_time();
  void on_deadline();
  void finish();

  ProbeContext& context_;
  std::shared_ptr<const model::HealthCheck> check_;
  ProbeOwner& owner_;
  base::Instant began_;
  const char* const protocol_;  // of ALPN
  health::ProbeResult result_;
  std::string body_;  // its first model::HealthCheck::kBodyBytes, or what is shown of it
  std::size_t received_ = 0;
  net::Deadline deadline_;
  std::unique_ptr<wire::Http1Client> http1_;  // one of the two
  std::unique_ptr<wire::Http2Client> http2_;
  wire::ClientStream* stream_ = nullptr;  // null: the exchange is over
  net::TlsStream* tls_ = nullptr;         // the connection's; null: in the clear
  std::string server_name_;               // that it has to be
  int error_ = 0;                         // why there is none
  bool connected_ = false;
  bool decided_ = false;   // result_ has its verdict
  bool finished_ = false;  // and has been reported
};

}  // namespace weir::probe
