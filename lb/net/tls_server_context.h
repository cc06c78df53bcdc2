#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lb/net/tls_certificates.h"
#include "lb/net/tls_settings.h"
#include "lb/net/tls_ticket_keys.h"
#include "lb/net/tls_trust.h"

namespace weir::net {

enum class TlsClientAuth : std::uint8_t { off, optional, required };

struct TlsServerSettings {
  std::vector<TlsCertificate>
      certificates;  // at least one; the first is shown where no other serves the name
  TlsVersion least_version = TlsVersion::tls_1_2;
  std::vector<std::string> alpn;  // the server's order counts; empty: what clients offer is ignored
  TlsClientAuth client_auth = TlsClientAuth::off;
  std::shared_ptr<const TlsTrust> client_trust;      // needed unless client_auth is off
  std::shared_ptr<const TlsTicketKeys> ticket_keys;  // null: no resumption
  bool kernel = false;                               // it seals what is sent, where it can (kernel_tls.h)
};

// How a listener speaks TLS. Immutable, shared by all workers; connections hold it as long as they live, so
// that a change makes a new one and cuts nobody off. A handshake reads no files, and waits for nothing but
// its own arithmetic.
//
// Sessions are resumed by tickets alone; nothing is kept here. A ticket opens in every context that has its
// key and asks clients for certificates in the same way, of the same authorities with the same revocation
// lists. In a context with client_auth optional a client without a certificate is let in, one with a bad
// certificate is not.
class TlsServerContext {
 public:
  using Made = std::expected<std::shared_ptr<const TlsServerContext>, TlsContextProblem>;
  static Made make(TlsServerSettings settings);

  ~TlsServerContext() = default;
  TlsServerContext(const TlsServerContext&) = delete;
  TlsServerContext& operator=(const TlsServerContext&) = delete;

  SSL_CTX* native() const { return native_.get(); }
  const TlsCertificates& certificates() const { return certificates_; }
  bool serves(std::string_view server_name) const { return certificates_.serves(server_name); }
  TlsClientAuth client_auth() const { return client_auth_; }

 private:
  // Takes the certificates and the keys out of them.
  explicit TlsServerContext(TlsServerSettings& settings);
  using Built = std::expected<void, TlsContextProblem>;
  Built build(const TlsServerSettings& settings);
  Built use_certificates();
  Built choose_protocols(const std::vector<std::string>& alpn);
  Built authenticate_clients(const TlsTrust* trust);
  Built resume_sessions();

  static const TlsServerContext& of(SSL* ssl);
  static int on_server_name(SSL* ssl, int* alert, void* argument);
  static int on_certificate(SSL* ssl, void* argument);
  static int on_alpn(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
                     const unsigned char* offered, unsigned offered_size, void* argument);
  static int on_status(SSL* ssl, void* argument);
  static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                       EVP_MAC_CTX* mac, int seals);
  static SSL_TICKET_RETURN on_opened_ticket(SSL* ssl, SSL_SESSION* session, const unsigned char* name,
                                            std::size_t name_size, SSL_TICKET_STATUS status, void* argument);

  const TlsClientAuth client_auth_;
  const TlsCertificates certificates_;
  const std::shared_ptr<const TlsTicketKeys> ticket_keys_;
  std::string alpn_;
  CipherPointer ticket_cipher_;
  SslContextPointer native_;
};

}  // namespace weir::net
