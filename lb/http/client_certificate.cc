#include "lb/http/client_certificate.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "lb/base/text.h"

namespace weir::http {
namespace {

std::string time_text(std::chrono::sys_seconds time) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", time); }

// As ALB does: all but what a query may have, and + = / with it.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-_.~+=/").contains(c);
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
  return out;
}

}  // namespace

bool is_of_certificate(std::string_view name) {
  constexpr std::string_view kPrefix = "x-amzn-mtls-clientcert";
  if (name.size() < kPrefix.size() || base::lower(name.front()) != 'x') return false;
  return std::ranges::equal(kPrefix, name.substr(0, kPrefix.size()), {}, {},
                            [](char c) { return c == '_' ? '-' : base::lower(c); });
}

void add_certificate_fields(const ClientCertificate& certificate, FieldList& out) {
  out.add("X-Amzn-Mtls-Clientcert-Serial-Number", certificate.serial);
  out.add("X-Amzn-Mtls-Clientcert-Issuer", certificate.issuer);
  out.add("X-Amzn-Mtls-Clientcert-Subject", certificate.subject);
  out.add("X-Amzn-Mtls-Clientcert-Validity",
          fmt::format("NotBefore={};NotAfter={}", time_text(certificate.not_before),
                      time_text(certificate.not_after)));
  out.add("X-Amzn-Mtls-Clientcert-Leaf", percent_encoded(certificate.leaf_pem));
  out.add("X-Amzn-Mtls-Clientcert-Fingerprint", certificate.fingerprint);
}

}  // namespace weir::http
