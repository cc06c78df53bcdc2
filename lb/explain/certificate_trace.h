#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "lb/model/tls.h"
#include "lb/net/tls_certificates.h"

// Which certificates a listener shows to a client.
namespace weir::explain {

struct CertificateTrace {
  std::string file;
  std::string key_type;            // rsa, ecdsa, ed25519
  std::string subject;             // or its first name, if it has none
  std::vector<std::string> names;  // that clients may ask for: the first of them
  std::chrono::sys_seconds not_after{};
};

struct TlsTrace {
  std::string server_name;                     // that the client names by SNI; empty: none
  std::string why;                             // in words
  bool by_name = false;                        // they have the name; else they are the default
  std::vector<CertificateTrace> certificates;  // one of each key type: the client's algorithms decide
};

// To a client that asks for `host`, a URL's. `certificates` are those of `tls`, in its order.
TlsTrace trace_certificates(const model::ListenerTls& tls, const net::TlsCertificates& certificates,
                            std::string_view host);

}  // namespace weir::explain
