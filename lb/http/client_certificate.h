#pragma once

#include <chrono>
#include <string_view>

#include "lb/http/head.h"

namespace weir::http {

// What a target is told of a client's certificate. The texts are valid field values but for `leaf_pem`.
struct ClientCertificate {
  std::string_view subject;  // RFC 4514
  std::string_view issuer;   // RFC 4514
  std::string_view serial;   // hexadecimal
  std::string_view fingerprint;
  std::chrono::sys_seconds not_before{};
  std::chrono::sys_seconds not_after{};
  std::string_view leaf_pem;
};

// Whether a field has one of the names below, or one that a target may take for it (X_Amzn_Mtls_...).
bool is_of_certificate(std::string_view name);

// Appends the fields by which ALB tells of it (Mutual authentication with TLS, verify mode): X-Amzn-Mtls-
// Clientcert-Serial-Number, -Issuer, -Subject, -Validity and -Leaf, which is percent-encoded PEM; and
// -Fingerprint, the SHA-256 of the certificate, which ALB has not.
void add_certificate_fields(const ClientCertificate& certificate, FieldList& out);

}  // namespace weir::http
