#pragma once

#include <memory>
#include <string>

#include "lb/http/desync.h"
#include "lb/http/forward_rules.h"
#include "lb/model/listener.h"
#include "lb/net/tls_server_context.h"
#include "lb/routing/route_table.h"
#include "lb/routing/sources.h"
#include "lb/wire/http1_server.h"
#include "lb/wire/http2_policy.h"

namespace weir::proxy {

// By what names this node is known in what it sends.
struct NodeNames {
  std::string server_name;  // in Proxy-Status
  std::string via_token;    // in Via
  bool operator==(const NodeNames&) const = default;
};

// A listener's settings and what follows from them, the same for all workers. Immutable; whoever acts by them
// keeps them.
struct ListenerSettings {
  // `its_tls`: of a listener with TLS.
  ListenerSettings(const model::Listener& listener, const NodeNames& its_node,
                   std::shared_ptr<const net::TlsServerContext> its_tls = nullptr);
  ~ListenerSettings() = default;
  ListenerSettings(const ListenerSettings&) = delete;
  ListenerSettings& operator=(const ListenerSettings&) = delete;

  const model::Listener model;
  const NodeNames node;
  const std::shared_ptr<const net::TlsServerContext> tls;  // null: in the clear
  const wire::ServerPolicy policy;
  const wire::Http2Policy http2_policy;
  const http::ForwardPolicy forward_policy;
  const http::DesyncMode desync_mode;
  const routing::RouteTable table;  // of the model's rules

  // Something comes before HTTP, or it may be HTTP/2: see Opening.
  bool opens() const { return tls || model.http2 || model.proxy_protocol; }
  // Of the address of a connection.
  bool allows(const base::IpAddress& source) const { return !filters_ || sources_.allows(source); }

 private:
  const routing::SourceFilter sources_;
  const bool filters_;  // some sources are not allowed
};

}  // namespace weir::proxy
