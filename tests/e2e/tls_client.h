#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lb/net/tls_pointers.h"
#include "tests/e2e/weir.h"
#include "tests/support/certificates.h"

namespace weir::e2e {

enum class TlsVersions : std::uint8_t { all, only_1_1, only_1_2, only_1_3 };

// What a client offers, and whom it trusts.
struct TlsOffer {
  std::string authority{};                // PEM; empty: it trusts everybody
  std::string server_name = "localhost";  // also what the certificate has to be for; empty: neither
  TlsVersions versions = TlsVersions::all;
  std::string signatures{};  // OpenSSL's names, between colons; empty: its default
  std::string alpn{};        // one protocol; empty: none
  bool staple = false;       // asks for an OCSP response
  Certificate certificate{};
  std::shared_ptr<SSL_SESSION> session{};  // to be resumed
};

// A client of TLS whose every byte goes through a Connection, and waits as that does. What goes wrong is
// thrown as std::runtime_error, with OpenSSL's words for it.
class TlsClient {
 public:
  explicit TlsClient(const std::string& address, const TlsOffer& offer = {})
      : TlsClient(Connection(address), offer) {}
  TlsClient(Connection connection, const TlsOffer& offer);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  TlsClient(TlsClient&&) = default;
  TlsClient& operator=(TlsClient&&) = default;

  std::string version() const { return SSL_get_version(ssl_.get()); }
  std::string cipher() const { return SSL_get_cipher(ssl_.get()); }
  std::string alpn() const;
  bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  std::string serial() const;  // of the server's certificate, as Certificate has it
  std::string staple() const;  // DER; empty: none
  // For a later connection. With 1.3 it comes with the first answer.
  std::shared_ptr<SSL_SESSION> session() const;

  void send(std::string_view bytes);
  // At least one byte, or nothing at the end of the stream.
  std::string receive();
  // One response with a Content-Length.
  Answer answer();
  Answer get(std::string_view target, std::string_view fields = "Host: localhost\r\n");
  // Asks for another handshake, as TLS 1.2 allows.
  void renegotiate();

 private:
  template <class Call>
  int until_done(Call call);
  void flush();

  Connection connection_;
  net::SslContextPointer context_;
  net::SslPointer ssl_;
  std::string buffer_;  // received, not yet asked for
};

// What becomes of a client: empty if it gets an answer, or why not.
std::string refusal(const std::string& address, const TlsOffer& offer = {});

// What a client with this offer sends first.
std::string client_hello(const TlsOffer& offer = {});

}  // namespace weir::e2e
