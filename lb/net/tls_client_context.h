#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/net/tls_check.h"
#include "lb/net/tls_identity.h"
#include "lb/net/tls_settings.h"
#include "lb/net/tls_trust.h"

namespace weir::net {

struct TlsClientSettings {
  std::shared_ptr<const TlsTrust> trust = {};  // of targets' certificates; null: whatever they show is taken
  std::optional<TlsIdentity> identity = {};    // what is shown to targets that ask for a certificate
  std::vector<std::string> alpn = {};          // in the order of preference; empty: not offered
  TlsVersion least_version = TlsVersion::tls_1_2;
};

// How weir speaks TLS to the targets of a group. Immutable, shared by all workers.
class TlsClientContext {
 public:
  using Made = std::expected<std::shared_ptr<const TlsClientContext>, TlsContextProblem>;
  static Made make(TlsClientSettings settings);

  ~TlsClientContext() = default;
  TlsClientContext(const TlsClientContext&) = delete;
  TlsClientContext& operator=(const TlsClientContext&) = delete;

  SSL_CTX* native() const { return native_.get(); }
  bool verifies() const { return verifies_; }
  // Of the certificate that is shown; absent: none is.
  const std::optional<TlsCertificateFacts>& certificate() const { return certificate_; }
  // A session may be resumed in a context of the same scope only: what it proves was demanded there, too.
  std::string_view session_scope() const { return session_scope_; }

 private:
  TlsClientContext() = default;
  using Built = std::expected<void, TlsContextProblem>;
  Built build(const TlsClientSettings& settings);
  Built verify(const TlsTrust* trust);
  Built show(const TlsIdentity& identity);
  Built offer(const std::vector<std::string>& alpn);
  void set_session_scope(const TlsClientSettings& settings);

  bool verifies_ = false;
  std::optional<TlsCertificateFacts> certificate_;
  std::string session_scope_;
  SslContextPointer native_;
};

}  // namespace weir::net
