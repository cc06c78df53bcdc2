#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "lb/http/desync.h"
#include "lb/http/forward_rules.h"
#include "lb/net/acceptor.h"
#include "lb/observe/registry.h"
#include "lb/proxy/client.h"
#include "lb/proxy/engine.h"
#include "lb/proxy/routes.h"

namespace weir::proxy {

// How many connections each client address has on one listener, over all workers. Any thread; only
// used where a limit is set, and only when connections come and go.
class SourceLimit {
 public:
  explicit SourceLimit(std::uint64_t most) : most_(most) {}
  bool enter(const base::IpAddress& source);
  void leave(const base::IpAddress& source);

 private:
  struct Hash {
    std::size_t operator()(const base::IpAddress& address) const;
  };
  const std::uint64_t most_;
  std::mutex mutex_;
  std::unordered_map<base::IpAddress, std::uint64_t, Hash> counts_;  // guarded by mutex_
};

// What the workers of one listener share.
struct ListenerShared {
  explicit ListenerShared(const model::Listener& its_settings);
  const model::Listener settings;
  const Routing routing;
  std::atomic<std::uint64_t> connections{0};
  std::unique_ptr<SourceLimit> sources;  // null: no limit
};

// One listener as one worker knows it: its sockets and its clients.
class Listener final : public net::Acceptor::Handler, public wire::ServerOwner {
 public:
  Listener(Engine& engine, std::shared_ptr<ListenerShared> shared);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // A socket to accept from; `port` is the one that clients see, 0 of a unix socket.
  void add_socket(net::Fd socket, bool shared, std::uint16_t port);

  // Takes a connection as if it had been accepted: for tests, and streams that are no sockets.
  void adopt(std::unique_ptr<net::ByteStream> stream, const base::SocketAddress& peer,
             const Entrance& entrance = kNoEntrance);

  // Accepts what waits, closes the sockets and lets every connection end in its own time.
  void drain(base::Duration quiet);
  void abort();
  std::size_t connections() const { return clients_.size(); }

  Engine& engine() { return engine_; }
  const model::Listener& settings() const { return shared_->settings; }
  const wire::ServerPolicy& policy() const { return policy_; }
  observe::ListenerCounters& counters() { return *counters_; }
  observe::RouteCounters& unrouted_counters() { return *unrouted_counters_; }
  const Routes& routes() const { return routes_; }
  // Of the address of a connection.
  bool allows(const base::IpAddress& source) const {
    return !shared_->routing.filters || shared_->routing.sources.allows(source);
  }
  const http::ForwardPolicy& forward_policy() const { return forward_policy_; }
  http::DesyncMode desync_mode() const { return desync_mode_; }

 private:
  void on_accept(net::Acceptor& acceptor, net::Fd socket, const sockaddr_storage& peer,
                 socklen_t length) override;
  void on_accept_failed(net::Acceptor& acceptor, int error) override;
  wire::ServerHandler& on_request(wire::Http1Server& connection, http::RequestHead& head) override;
  wire::ServerHandler& on_refused(wire::Http1Server& connection, http::RequestHead& head,
                                  const wire::Failure& failure) override;
  void on_closed(wire::Http1Server& connection) override;

  bool admit(const base::SocketAddress& peer, const net::Fd& socket);
  void reject(const net::Fd& socket, observe::Rejection reason);
  const Entrance& entrance_of(const net::Acceptor& acceptor) const;
  void close_entrances();
  void pause_accepting();
  void on_pause_over();

  Engine& engine_;
  const std::shared_ptr<ListenerShared> shared_;
  const wire::ServerPolicy policy_;
  const http::ForwardPolicy forward_policy_;
  const http::DesyncMode desync_mode_;
  std::shared_ptr<observe::ListenerCounters> counters_;
  std::shared_ptr<observe::RouteCounters> unrouted_counters_;
  const Routes routes_;
  std::deque<Entrance> entrances_;
  std::vector<std::unique_ptr<Client>> clients_;
  net::Deadline pause_;
  base::Instant next_warning_{};  // that accepting fails
  bool draining_ = false;
  base::Duration drain_quiet_{0};
};

}  // namespace weir::proxy
