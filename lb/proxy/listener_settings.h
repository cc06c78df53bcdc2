#pragma once

#include <string>

#include "lb/http/desync.h"
#include "lb/http/forward_rules.h"
#include "lb/model/listener.h"
#include "lb/routing/route_table.h"
#include "lb/routing/sources.h"
#include "lb/wire/http1_server.h"

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
  ListenerSettings(const model::Listener& listener, const NodeNames& its_node);
  ~ListenerSettings() = default;
  ListenerSettings(const ListenerSettings&) = delete;
  ListenerSettings& operator=(const ListenerSettings&) = delete;

  const model::Listener model;
  const NodeNames node;
  const wire::ServerPolicy policy;
  const http::ForwardPolicy forward_policy;
  const http::DesyncMode desync_mode;
  const routing::RouteTable table;  // of the model's rules

  // Of the address of a connection.
  bool allows(const base::IpAddress& source) const { return !filters_ || sources_.allows(source); }

 private:
  const routing::SourceFilter sources_;
  const bool filters_;  // some sources are not allowed
};

}  // namespace weir::proxy
