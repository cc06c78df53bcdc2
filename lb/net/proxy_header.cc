#include "lb/net/proxy_header.h"

#include "lb/net/proxy_header_format.h"
#include "lb/net/proxy_header_versions.h"

namespace weir::net {

std::string_view word(ProxyRefusal refusal) {
  switch (refusal) {
    case ProxyRefusal::not_proxy: return "not_proxy";
    case ProxyRefusal::too_long: return "too_long";
    case ProxyRefusal::bad_line: return "bad_line";
    case ProxyRefusal::bad_address: return "bad_address";
    case ProxyRefusal::bad_port: return "bad_port";
    case ProxyRefusal::bad_version: return "bad_version";
    case ProxyRefusal::bad_command: return "bad_command";
    case ProxyRefusal::bad_family: return "bad_family";
    case ProxyRefusal::bad_length: return "bad_length";
    case ProxyRefusal::bad_field: return "bad_field";
    case ProxyRefusal::double_field: return "double_field";
    case ProxyRefusal::wrong_checksum: return "wrong_checksum";
  }
  return "";
}

ProxyReadResult read_proxy_header(std::string_view bytes) {
  using proxy_format::begins_alike;
  using proxy_format::kSignature;
  using proxy_format::kV1Start;
  const bool v1 = begins_alike(bytes, kV1Start);
  const bool v2 = begins_alike(bytes, kSignature);
  if (!v1 && !v2) return std::unexpected(ProxyRefusal::not_proxy);
  if (v1 && bytes.size() >= kV1Start.size()) return read_proxy_v1(bytes);
  if (v2 && bytes.size() >= kSignature.size()) return read_proxy_v2(bytes);
  return std::nullopt;
}

}  // namespace weir::net
