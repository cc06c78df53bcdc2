#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lb/net/tls_pointers.h"

namespace weir::net {

// Whom the other side's certificate may come from. Immutable, shared by contexts and threads. All of it is in
// memory: no handshake reads a file.
class TlsTrust {
 public:
  // The error is a line without the file's name, safe to log.
  using Made = std::expected<std::shared_ptr<const TlsTrust>, std::string>;

  // The authorities that this system trusts: OpenSSL's file and directory of certificates, or those that
  // SSL_CERT_FILE and SSL_CERT_DIR name. Reads files: for the loading of a configuration.
  static Made system();

  // Those of a PEM text. With `crl_pem` not empty, each certificate of a chain needs its issuer's revocation
  // list in there, as in nginx and HAProxy: one without, or with one out of date, is refused.
  static Made from_pem(std::string_view ca_pem, std::string_view crl_pem = {});

  X509_STORE* store() const { return store_.get(); }
  // Those of from_pem(), for the list of names that a server sends (RFC 8446 4.2.4).
  const std::vector<X509Pointer>& authorities() const { return authorities_; }

  // Differs if what it was made of does.
  using Digest = std::array<std::uint8_t, 32>;
  const Digest& digest() const { return digest_; }

 private:
  TlsTrust() = default;
  std::expected<void, std::string> add_lists(std::string_view crl_pem);

  X509StorePointer store_;
  std::vector<X509Pointer> authorities_;
  Digest digest_{};
};

}  // namespace weir::net
