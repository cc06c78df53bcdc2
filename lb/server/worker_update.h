#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lb/net/fd.h"
#include "lb/proxy/engine.h"
#include "lb/proxy/listener.h"

namespace weir::server {

// One socket of a listener that a worker accepts from.
struct WorkerSocket {
  net::Fd fd;
  bool shared = false;  // other workers poll the same descriptor
  std::uint16_t port = 0;
  proxy::BindNumber bind = 0;
};

// What a configuration changes for one worker; what is not named stays as it is. The first one makes the
// worker what it is. Applied as one: no request is served by a part of it.
struct WorkerUpdate {
  struct Listener {
    std::shared_ptr<proxy::ListenerShared> shared;  // for one that is new
    std::unique_ptr<proxy::ListenerView> view;      // null: as it was
    std::vector<WorkerSocket> sockets;              // more of them
    std::vector<proxy::BindNumber> gone;            // sockets to close
  };

  std::vector<proxy::GroupSetup> groups;                       // new ones, and those that have other settings
  std::map<std::string, Listener> listeners;                   // by name
  std::vector<std::string> gone_listeners;                     // they accept no more, and drain
  std::vector<proxy::BindNumber> turned_away;                  // of what is gone: Acceptor::turn_away() first
  std::shared_ptr<const sticky::Keys> keys = {};               // of cookies; null: as they were
  std::shared_ptr<const observe::AccessSettings> access = {};  // null: requests are not logged
  std::shared_ptr<const observe::TraceSettings> tracing = {};  // null: nor traced
};

}  // namespace weir::server
