#include "lb/wire/server_name.h"

#include "lb/http/syntax.h"
#include "lb/net/tls_facts.h"

namespace weir::wire {

std::string server_name_for(const std::optional<std::string>& configured, std::string_view authority,
                            const base::SocketAddress& target) {
  if (configured) return *configured;
  std::string_view host = http::split_authority(authority).host;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (const auto ip = base::IpAddress::parse(host)) return ip->to_string();
  return net::tls_server_name(host).value_or(target.ip().to_string());
}

}  // namespace weir::wire
