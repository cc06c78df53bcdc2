#include "lb/net/tls_finding.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace weir::net {

void TlsFindings::add(TlsSeverity severity, TlsFile file, std::string_view id, std::string message) {
  (severity == TlsSeverity::error ? errors_ : warnings_).push_back({severity, file, id, std::move(message)});
}

std::vector<TlsFinding> TlsFindings::take() && {
  std::ranges::move(warnings_, std::back_inserter(errors_));
  return std::move(errors_);
}

std::string tls_name_excerpt(const X509_NAME& name) {
  constexpr std::size_t kMostShown = 128;
  std::string text = tls_name_text(name);
  if (text.size() > kMostShown) text.replace(kMostShown, std::string::npos, "...");
  return text;
}

bool is_self_signed(X509& certificate) { return (X509_get_extension_flags(&certificate) & EXFLAG_SS) != 0; }

}  // namespace weir::net
