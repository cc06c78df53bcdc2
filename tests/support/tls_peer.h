#pragma once

#include <memory>
#include <string>

#include "lb/net/tls_pointers.h"
#include "tests/support/certificates.h"
#include "tests/support/peer.h"

namespace weir::test {

// A target's TLS over another peer, which does no more than OpenSSL does by itself.
class TlsPeer final : public Peer {
 public:
  TlsPeer(Turn turn, std::unique_ptr<Peer> below, SSL_CTX* context);
  ~TlsPeer() override { close(); }

  bool shake_hands();               // waited for; false: it failed, or takes too long
  std::string server_name() const;  // that it was asked for; empty: none
  std::string alpn() const;
  std::string client() const;  // the subject of its certificate; empty: none
  bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

  std::size_t send_some(std::string_view bytes) override;
  void shutdown_write() override;
  void close() override;
  void reset() override { below_->reset(); }
  // Without close_notify.
  void close_below() { below_->close(); }

 private:
  void receive() override;
  void exchange();

  std::unique_ptr<Peer> below_;
  net::SslPointer ssl_;
};

// A target that speaks TLS: with one certificate, and with sessions that can be resumed.
class TlsTarget {
 public:
  // `client_ca`: PEM; clients need a certificate of theirs. Empty: they are not asked. `protocol`: of ALPN;
  // clients that do not offer it get no answer to that.
  explicit TlsTarget(const Certificate& certificate, const std::string& client_ca = {},
                     const std::string& protocol = "http/1.1");

  std::unique_ptr<TlsPeer> serve(const Peer::Turn& turn, std::unique_ptr<Peer> below) const {
    return std::make_unique<TlsPeer>(turn, std::move(below), context_.get());
  }

 private:
  std::unique_ptr<std::string> alpn_;  // its length, then the protocol
  net::SslContextPointer context_;
};

}  // namespace weir::test
