#include "lb/proxy/approach.h"

#include "lb/net/tls_facts.h"
#include "lb/proxy/client.h"

namespace weir::proxy {
namespace {

// Where the client's connection came in. Its socket is asked only while a group wants to know; a connection
// that is older leaves the address open.
base::SocketAddress entered(const Client& client) {
  if (client.entered() != nullptr) return *client.entered();
  const base::IpAddress any = *base::IpAddress::parse(client.ip().is_v4() ? "0.0.0.0" : "::");
  return {any, client.entered_port()};
}

net::ProxyTls proxy_tls(const net::TlsFacts& facts) {
  return {.encrypted = true,
          .certificate_sent = facts.peer != nullptr && !facts.resumed,
          .certificate_in_session = facts.peer != nullptr,
          .verified = facts.peer != nullptr && facts.peer->verified,
          .version = std::string(facts.version),
          .cipher = std::string(facts.cipher)};
}

}  // namespace

net::ProxyHeader proxy_header_for(const Client& client, net::ProxyVersion version) {
  net::ProxyHeader header;
  if (const net::ProxyHeader* const said = client.proxied(); said != nullptr && said->ends) {
    header = *said;
  } else if (!client.is_unix()) {
    header.ends = {.source = {client.ip(), client.port()}, .destination = entered(client)};
  }
  header.version = version;
  if (const net::TlsFacts* const tls = client.tls(); tls != nullptr) {
    header.alpn = tls->alpn;
    header.authority = tls->server_name;
    header.tls = proxy_tls(*tls);
  }
  return header;
}

}  // namespace weir::proxy
