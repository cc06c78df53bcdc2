#include "lb/net/tls_settings.h"

#include <algorithm>

#include "lb/net/tls_failure.h"

namespace weir::net {
namespace {

constexpr const char* kCiphers12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCiphers13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";

constexpr std::uint64_t kOptions = SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_QUERY_MTU;

// Read ahead takes several records, and all that has come, in one receive. Buffers are given back whenever
// they are empty, so that an idle connection has none.
constexpr long kModes = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                        SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN;
constexpr std::size_t kReadBuffer = 32 * 1024;
constexpr std::size_t kMostCertificateBytes = 32 * 1024;  // of a chain that the other side sends

}  // namespace

std::expected<void, TlsContextProblem> set_tls_defaults(SSL_CTX& context, TlsVersion least) {
  const int oldest = least == TlsVersion::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
  if (SSL_CTX_set_min_proto_version(&context, oldest) != 1 ||
      SSL_CTX_set_max_proto_version(&context, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(&context, kCiphers12) != 1 ||
      SSL_CTX_set_ciphersuites(&context, kCiphers13) != 1 ||
      SSL_CTX_set1_groups_list(&context, kGroups) != 1) {
    return std::unexpected(TlsContextProblem{TlsContextProblem::Kind::library, 0, take_tls_error_text()});
  }
  SSL_CTX_set_options(&context, kOptions);
  SSL_CTX_set_mode(&context, kModes);
  SSL_CTX_set_read_ahead(&context, 1);
  SSL_CTX_set_default_read_buffer_len(&context, kReadBuffer);
  SSL_CTX_set_max_cert_list(&context, static_cast<long>(kMostCertificateBytes));
  return {};
}

std::expected<std::string, TlsContextProblem> alpn_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    if (name.empty() || name.size() > 255) {
      return std::unexpected(
          TlsContextProblem{TlsContextProblem::Kind::alpn, 0, "a protocol's name has 1 to 255 bytes"});
    }
    list += static_cast<char>(name.size());
    list += name;
  }
  return list;
}

}  // namespace weir::net
