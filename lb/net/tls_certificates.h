#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/net/tls_identity.h"
#include "lb/net/tls_names.h"
#include "lb/net/tls_staple.h"

namespace weir::net {

struct TlsCertificate {
  TlsIdentity identity;
  std::optional<TlsStaple> staple;
};

// The certificates of a listener, and which of them are shown to a client that asks for a name: those that
// have the very name, else those with a wildcard for it, else the default, which is the first and those of
// other key types for its name. Of several key types OpenSSL takes the one that suits the client. Immutable;
// part of a TlsServerContext.
class TlsCertificates {
 public:
  TlsCertificates() = default;
  explicit TlsCertificates(std::vector<TlsCertificate> certificates);

  std::size_t size() const { return certificates_.size(); }
  bool serves(std::string_view server_name) const { return !names_.find(server_name).empty(); }

  // Makes the default what `context` shows. The error is the number of one that OpenSSL refuses, with its
  // errors in the thread's queue; all are tried, so that none is refused in the middle of a handshake.
  std::expected<void, std::size_t> use_default(SSL_CTX& context) const;
  // Makes it what `ssl`, of that context, shows. False: no memory.
  bool use(SSL& ssl, std::string_view server_name) const;

  // The numbers of those that are shown to a client that asks for this name: one of each key type.
  std::vector<std::size_t> shown(std::string_view server_name) const;
  const TlsIdentity& identity(std::size_t number) const { return certificates_[number].identity; }

  // What to staple to that one of them; null: nothing, or nothing fresh.
  const TlsStaple* staple(const X509* leaf, std::chrono::sys_seconds now) const;

 private:
  struct FreeStack {
    void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
  };
  using Chain = std::unique_ptr<STACK_OF(X509), FreeStack>;
  // A number for each key type that there is.
  using Choice = std::array<std::optional<std::size_t>, 3>;

  Choice choose(std::span<const std::size_t> numbers) const;
  Choice choose_default() const;
  bool use(SSL& ssl, std::size_t number) const;

  std::vector<TlsCertificate> certificates_;
  std::vector<Chain> chains_;  // of each, what follows the leaf: refers to it
  TlsNames names_;
  Choice default_;
};

}  // namespace weir::net
