#pragma once

#include <string>

#include "lb/admin/gate.h"
#include "lb/admin/server.h"
#include "lb/admin/state.h"
#include "lb/server/configuration.h"

namespace weir::server {

// The admin API of this daemon: its server, who may ask, and what it tells. On the control thread.
class AdminApi {
 public:
  AdminApi(wire::Context& context, net::ListeningSockets sockets, admin::State state);
  ~AdminApi() = default;
  AdminApi(const AdminApi&) = delete;
  AdminApi& operator=(const AdminApi&) = delete;

  const base::SocketAddress& address() const { return server_.address(); }
  admin::State& state() { return state_; }
  // What is in force from now on. The time when it was loaded is for the caller to set.
  void show(const Configuration& configuration);
  void on_news() { server_.on_news(); }
  admin::Server& server() { return server_; }

 private:
  admin::State state_;
  const base::SocketAddress bind_;
  admin::Gate gate_;
  admin::Server server_;
};

}  // namespace weir::server
