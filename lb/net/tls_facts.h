#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lb/net/tls_pointers.h"

namespace weir::net {

// The certificate that the other side has shown, in the forms that headers and logs need. All ASCII without
// control characters, except for the line ends of `leaf_pem`.
struct TlsPeer {
  std::string subject;      // RFC 4514
  std::string issuer;       // RFC 4514
  std::string serial;       // hexadecimal, capital letters
  std::string fingerprint;  // SHA-256 of the certificate, hexadecimal, small letters
  std::string leaf_pem;
  std::chrono::sys_seconds not_before{};
  std::chrono::sys_seconds not_after{};
  bool verified = false;
};

// What a handshake has agreed on.
struct TlsFacts {
  std::string_view version;  // "TLSv1.3"
  std::string_view cipher;   // "TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"
  std::string alpn;          // empty: none
  std::string server_name;   // of SNI, in small letters; empty: none, or no host name
  bool name_served = false;  // a certificate is for that name; else the default one was shown
  bool resumed = false;
  std::shared_ptr<const TlsPeer> peer;  // null: no certificate
};

// A host name as SNI carries it (RFC 6066 3), in small letters without a dot at the end; absent: it is none.
std::optional<std::string> tls_server_name(std::string_view text);

std::shared_ptr<const TlsPeer> tls_peer(const X509& certificate, bool verified);

// All but name_served, which the context knows.
TlsFacts tls_facts(const SSL& ssl);

}  // namespace weir::net
