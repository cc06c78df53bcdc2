#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/net/tls_identity.h"

namespace weir::net {

struct TlsTrustProblem {
  TlsFile file{};    // ca or crl
  std::string text;  // a line without the file's name, safe to log
};

// Whom the other side's certificate may come from. Immutable, shared by contexts and threads. All of it is in
// memory: no handshake reads a file.
class TlsTrust {
 public:
  template <class Problem>
  using Made = std::expected<std::shared_ptr<const TlsTrust>, Problem>;

  // The authorities that this system trusts: OpenSSL's file and directory of certificates, or those that
  // SSL_CERT_FILE and SSL_CERT_DIR name. Reads files: for the loading of a configuration. The error is a
  // line, safe to log.
  static Made<std::string> system();

  // Those of a PEM text. With `crl_pem`, each certificate of a chain needs its issuer's revocation
  // list in there, as in nginx and HAProxy: one without, or with one out of date, is refused.
  static Made<TlsTrustProblem> from_pem(std::string_view ca_pem,
                                        std::optional<std::string_view> crl_pem = std::nullopt);

  X509_STORE* store() const { return store_.get(); }
  // Those of from_pem(), for the list of names that a server sends (RFC 8446 4.2.4).
  const std::vector<X509Pointer>& authorities() const { return authorities_; }

  // Differs if what it was made of does.
  using Digest = std::array<std::uint8_t, 32>;
  const Digest& digest() const { return digest_; }

 private:
  TlsTrust() = default;

  X509StorePointer store_;
  std::vector<X509Pointer> authorities_;
  Digest digest_{};
};

// All revocation lists of a PEM text, in its order: at least one. The error is as TlsTrustProblem::text.
std::expected<std::vector<X509CrlPointer>, std::string> read_tls_revocation_lists(std::string_view pem);

}  // namespace weir::net
