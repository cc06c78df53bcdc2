#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lb/health/judge.h"
#include "lb/http/head.h"
#include "lb/net/timer_wheel.h"
#include "lb/net/tls_stream.h"
#include "lb/probe/probe.h"

namespace weir::probe {

// A check that is one exchange over a connection of its own, by HTTP/1.1 or HTTP/2, in the clear or over TLS,
// whose handshake is a full one each time: a session that is resumed shows no certificate. With HTTP/2 the
// target has to choose it in the handshake (RFC 9113 3.2), or to speak it at once (3.3).
//
// How the exchange gets there, how long it may take and what went wrong is here; what is asked, and which
// answer passes, is the derived kind's. When the verdict has fallen, what the target still has to say is
// waited for, up to kLinger.
class ExchangeProbe : public Probe, protected wire::ClientHandler, wire::ClientOwner, wire::Http2ClientOwner {
 public:
  static constexpr base::Duration kLinger = std::chrono::milliseconds(100);

  ~ExchangeProbe() override;

 protected:
  struct Transport {
    bool secure = false;
    bool http2 = false;
  };
  // What went wrong before the answer was complete, for those who say it in the words of their protocol.
  struct Trouble {
    std::string_view word;
    std::string_view http2_fault;  // of the connection; empty: none, or HTTP/1
    bool malformed = false;
    bool answer_begun = false;
  };

  ExchangeProbe(const ProbeOrder& order, Transport transport);

  // Once, from the derived constructor: asks, if there is a connection to do it over.
  void ask(ProbeOrder& order, const http::OutgoingRequest& head, std::string_view content);

  // The first verdict stands, and what was reported.
  void decide(const health::Verdict& verdict);
  // Nothing more is of interest: reports, once.
  void finish();
  // Nothing more of the answer is taken; ends the connection as HTTP/2 wants it.
  void hang_up();

  const model::HealthCheck& check() const { return *check_; }
  wire::Turn& turn() { return context_.wire.turn; }
  bool decided() const { return decided_; }
  bool finished() const { return finished_; }

  health::ProbeResult result_;

 private:
  virtual health::Verdict verdict_on(const Trouble& trouble) const = 0;
  // What was missing when time ran out after the answer's head.
  virtual const char* missing_end() const = 0;
  virtual std::string_view shown_content() const = 0;  // the beginning of it is evidence

  std::unique_ptr<net::ByteStream> secure(std::unique_ptr<net::ByteStream> stream, const ProbeOrder& order);
  void connect(std::unique_ptr<net::ByteStream> stream);

  void on_connected() final;
  void on_target_failed(const wire::Failure& failure) final;
  void on_congested() final {}
  void on_drained() final {}
  void on_incoming_ready() final {}
  void on_outgoing_ready() final {}

  void on_idle(wire::Http1Client&) final {}
  void on_closed(wire::Http1Client& connection) final;
  void on_room(wire::Http2Client&) final {}
  void on_closed(wire::Http2Client& connection) final;

  const char* protocol() const { return transport_.http2 ? "h2" : "http/1.1"; }  // of ALPN
  void refuse_protocol();
  void fail(const wire::Failure& failure, bool answer_begun);
  void fail_in_time();
  void on_deadline();

  ProbeContext& context_;
  const std::shared_ptr<const model::HealthCheck> check_;
  ProbeOwner& owner_;
  const Transport transport_;
  const base::Instant began_;
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
