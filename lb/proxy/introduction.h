#pragma once

#include <memory>
#include <optional>

#include "lb/net/proxy_header.h"
#include "lb/net/tls_facts.h"
#include "lb/observe/counters.h"

namespace weir::proxy {

// What a connection said before it spoke HTTP.
struct Introduction {
  observe::ClientProtocol protocol = observe::ClientProtocol::http1;
  std::unique_ptr<const net::ProxyHeader> proxied = {};  // null: none was asked for
  std::shared_ptr<const net::TlsFacts> tls = {};         // null: in the clear
  bool plain_on_tls = false;                             // HTTP where TLS is spoken
};

}  // namespace weir::proxy
