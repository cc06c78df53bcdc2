#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lb/net/tls_identity.h"

namespace weir::net {

enum class TlsSeverity : std::uint8_t { warning, error };

// What is wrong with a file of TLS.
struct TlsFinding {
  TlsSeverity severity{};
  TlsFile file{};
  std::string_view id;  // "certificate-expired": stable, for machines
  std::string message;  // a line without the file's name: what is wrong, then what to do; safe to log
};

class TlsFindings {
 public:
  void add(TlsSeverity severity, TlsFile file, std::string_view id, std::string message);
  // In the order of what to mend first: errors before warnings.
  std::vector<TlsFinding> take() &&;

 private:
  std::vector<TlsFinding> errors_, warnings_;
};

// As tls_name_text(), cut where it is too long to read.
std::string tls_name_excerpt(const X509_NAME& name);
bool is_self_signed(X509& certificate);

}  // namespace weir::net
