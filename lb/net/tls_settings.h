#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "lb/net/tls_pointers.h"

// What both sides' contexts have in common.
namespace weir::net {

enum class TlsVersion : std::uint8_t { tls_1_2, tls_1_3 };

struct TlsContextProblem {
  enum class Kind : std::uint8_t {
    certificate,  // one of the certificates cannot be used
    alpn,         // a name is empty, or longer than 255 bytes
    library,      // OpenSSL refuses: no memory, or its configuration is against it
  };
  Kind kind{};
  std::size_t certificate = 0;  // which of them, for Kind::certificate
  std::string text;             // a line, safe to log
};

// Versions, ciphers and groups of Mozilla's "intermediate" (version 5), without DHE: that needs parameters
// that nobody makes any more, and clients that know it know ECDHE. The order is the client's. No
// renegotiation, no compression.
std::expected<void, TlsContextProblem> set_tls_defaults(SSL_CTX& context, TlsVersion least);

// As SSL_CTX_set_alpn_protos and RFC 7301 3.1 have it: each name behind its length.
std::expected<std::string, TlsContextProblem> alpn_list(const std::vector<std::string>& names);

}  // namespace weir::net
