#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/net/tls_finding.h"

// What is wrong with a certificate and its key, before a client finds it. Pure; for `weir check` and for the
// loading of a pair: one with an error is not to be used.
namespace weir::net {

// In the order of what to mend first: errors before warnings.
std::vector<TlsFinding> check_certificate(std::string_view certificate_pem, std::string_view key_pem,
                                          std::chrono::sys_seconds now);

// For weir_tls_certificate_expiry_timestamp_seconds{subject}.
struct TlsCertificateFacts {
  std::string subject;  // of the leaf; its first name if the subject is empty
  std::chrono::sys_seconds not_after{};
};
TlsCertificateFacts certificate_facts(const TlsIdentity& identity);
// Absent: it holds no certificate.
std::optional<TlsCertificateFacts> certificate_facts(std::string_view certificate_pem);

}  // namespace weir::net
