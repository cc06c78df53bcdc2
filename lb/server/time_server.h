#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lb/base/address.h"
#include "lb/base/clock.h"

namespace weir::server {

// The targets of `weir demo`: what-is-the-time servers, each answering every request with the time,
// its name and its zone. A request for /break/ZONE breaks a zone for a while: its servers drop each
// connection that asks them anything, until then or until /heal/ZONE. All of them on one thread, on ephemeral
// ports of the loopback interface.
class TimeServers {
 public:
  struct Server {
    std::string name;
    std::string zone;
    base::SocketAddress address;  // made here
  };

  TimeServers(const base::Clock& clock, std::vector<Server> servers);
  ~TimeServers();
  TimeServers(const TimeServers&) = delete;
  TimeServers& operator=(const TimeServers&) = delete;

  const std::vector<Server>& servers() const { return servers_; }
  // Empty if all of them listen.
  const std::string& error() const { return error_; }

  // Where the pages that break a zone say that it can be watched.
  void point_to(std::string dashboard);

 private:
  struct State;
  std::vector<Server> servers_;
  std::string error_;
  std::unique_ptr<State> state_;
  std::thread thread_;
};

}  // namespace weir::server
