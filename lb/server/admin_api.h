#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lb/admin/gate.h"
#include "lb/admin/live_source.h"
#include "lb/admin/server.h"
#include "lb/admin/state.h"
#include "lb/server/configuration.h"
#include "lb/server/errand.h"

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
  bool write_live(std::move_only_function<std::string()> work, admin::LiveFeed::Done done);
  std::shared_ptr<admin::Later> plan(std::move_only_function<admin::Response()> work);

  net::Loop& loop_;
  admin::State state_;
  const base::SocketAddress bind_;
  admin::Gate gate_;
  Errand live_;              // writes the documents of the live view
  Errand plans_;             // makes plans, one at a time
  bool live_fails_ = false;  // no thread was there for the last one
  bool planning_ = false;
  admin::Server server_;
};

}  // namespace weir::server
