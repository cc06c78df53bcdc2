#include "lb/explain/certificate_trace.h"

#include <algorithm>

#include "lb/base/address.h"
#include "lb/net/tls_check.h"
#include "lb/net/tls_facts.h"

namespace weir::explain {
namespace {

constexpr std::size_t kMostNames = 16;

CertificateTrace trace_of(const std::string& file, const net::TlsIdentity& identity) {
  const net::TlsCertificateFacts facts = net::certificate_facts(identity);
  CertificateTrace trace{.file = file,
                         .key_type = std::string(word(identity.key_type)),
                         .subject = facts.subject,
                         .names = identity.names,
                         .not_after = facts.not_after};
  trace.names.resize(std::min(trace.names.size(), kMostNames));
  return trace;
}

}  // namespace

TlsTrace trace_certificates(const model::ListenerTls& tls, const net::TlsCertificates& certificates,
                            std::string_view host) {
  TlsTrace trace;
  // RFC 6066 3: an address is never named.
  if (!base::IpAddress::parse(host)) trace.server_name = net::tls_server_name(host).value_or("");
  trace.by_name = certificates.serves(trace.server_name);
  if (trace.by_name) {
    trace.why = "it has the name";
  } else if (trace.server_name.empty()) {
    trace.why = "the default: who connects to an address names no host";
  } else {
    trace.why = "the default: none has the name";
  }
  for (const std::size_t number : certificates.shown(trace.server_name)) {
    trace.certificates.push_back(
        trace_of(tls.certificates.at(number).cert.path, certificates.identity(number)));
  }
  return trace;
}

}  // namespace weir::explain
