#pragma once

#include <string>

#include "lb/net/proxy_header.h"

namespace weir::proxy {

class Client;

// With what a connection to a target begins, beside what its group says. One that is kept serves only
// requests that would begin theirs in the same way: it speaks for one name, and for one connection of a
// client.
struct Approach {
  std::string server_name = {};  // of TLS: whose certificate the target has to have; empty: no TLS
  std::string preface = {};      // the header of the PROXY protocol; empty: none
  bool operator==(const Approach&) const = default;

  bool plain() const { return server_name.empty() && preface.empty(); }
};

// What a target is told of a client: what was told of it, or what weir itself sees.
net::ProxyHeader proxy_header_for(const Client& client, net::ProxyVersion version);

}  // namespace weir::proxy
