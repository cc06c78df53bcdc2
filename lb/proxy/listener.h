#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "lb/net/acceptor.h"
#include "lb/observe/registry.h"
#include "lb/proxy/connection.h"
#include "lb/proxy/engine.h"
#include "lb/proxy/introduction.h"
#include "lb/proxy/source_limit.h"
#include "lb/wire/http2_server.h"

namespace weir::proxy {

class Opening;

// What the workers share of a listener, for as long as it is there, whatever its settings.
struct ListenerShared {
  std::atomic<std::uint64_t> connections{0};
  SourceLimit sources;
};

// One listener as one worker knows it: its sockets and its connections. What it does with requests is said by
// its view, of which there is a new one with each reload that changes it or its groups.
class Listener final : public net::Acceptor::Handler, public wire::ServerOwner, public wire::Http2Owner {
 public:
  Listener(Engine& engine, std::shared_ptr<ListenerShared> shared, std::unique_ptr<ListenerView> view);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // For requests that begin from now on. Deadlines and limits of connections follow it at once.
  void update(std::unique_ptr<ListenerView> view);

  // A socket to accept from; `port` is the one that clients see, 0 of a unix socket. `bind` is its number.
  void add_socket(net::Fd socket, bool shared, std::uint16_t port, BindNumber bind = 0);
  // Of its sockets that are open.
  std::set<BindNumber> binds() const;
  // See net::Acceptor::turn_away(). False: there is none with that number.
  bool turn_away(BindNumber bind);
  // Accepts what waits there, closes it, and lets the connections that came by it end in their own time.
  void remove_socket(BindNumber bind, base::Duration quiet);

  // Takes a connection as if it had been accepted, by no socket of its own unless `entrance` says so (which
  // outlives it): for tests, and streams that are no sockets.
  void adopt(std::unique_ptr<net::ByteStream> stream, const base::SocketAddress& peer);
  void adopt(std::unique_ptr<net::ByteStream> stream, const base::SocketAddress& peer, Entrance& entrance);
  // Likewise, with HTTP/1 to come next, after this.
  void adopt(std::unique_ptr<net::ByteStream> stream, const base::SocketAddress& peer, Entrance& entrance,
             Introduction introduction);

  // Accepts what waits, closes the sockets, and lets every connection end in its own time.
  void drain(base::Duration quiet);
  void abort();
  std::size_t connections() const { return connections_.size(); }

  Engine& engine() { return engine_; }
  const std::string& name() const { return name_; }
  const wire::ServerPolicy& policy() const { return policy_; }
  const wire::Http2Policy& http2_policy() const { return http2_policy_; }
  observe::ListenerCounters& counters() { return *counters_; }
  observe::RouteCounters& unrouted_counters() { return *unrouted_counters_; }

  // For its connections: what is no client yet goes on as one, with what was read of it already; one is over.
  void go_on(Opening& opening, std::unique_ptr<net::ByteStream> stream, Introduction introduction,
             std::string_view received);
  void leave(const Connection& connection);
  void count_handshake(std::string_view result, std::string_view version);
  // That a client asked for a name that no certificate has.
  void note_unserved_name(std::string_view name, std::string_view client);
  // That a client did not keep to what the listener asks for: now and then a line of the log.
  void warn_of_client(std::string_view what);

  const ListenerView& view() const { return *view_; }
  // The view that a request goes by, until unpin().
  ListenerView& pin();
  void unpin(ListenerView& view);

 private:
  void on_accept(net::Acceptor& acceptor, net::Fd socket, const sockaddr_storage& peer,
                 socklen_t length) override;
  void on_accept_failed(net::Acceptor& acceptor, int error) override;
  wire::ServerHandler& on_request(wire::Http1Server& connection, http::RequestHead& head) override;
  wire::ServerHandler& on_refused(wire::Http1Server& connection, http::RequestHead& head,
                                  const wire::Failure& failure) override;
  void on_closed(wire::Http1Server& connection) override;
  wire::ServerHandler& on_request(wire::Http2Server& connection, wire::Http2ServerStream& stream,
                                  http::RequestHead& head, base::Instant began) override;
  wire::ServerHandler& on_refused(wire::Http2Server& connection, wire::Http2ServerStream& stream,
                                  http::RequestHead& head, const wire::Failure& failure,
                                  base::Instant began) override;
  void on_closed(wire::Http2Server& connection) override;

  bool admit(Seat& seat, const net::Fd& socket);
  void reject(const net::Fd& socket, observe::Rejection reason);
  Entrance& entrance_of(const net::Acceptor& acceptor);
  void close_entrances();
  void forget_entrance(const Entrance& entrance);
  void take_in(std::unique_ptr<net::ByteStream> stream, Seat seat, std::optional<Introduction> said = {});
  template <class ItsClient>
  void go_on_as(Opening& opening, std::unique_ptr<net::ByteStream> stream, Introduction introduction,
                std::string_view received);
  bool is_due(base::Instant& next);
  void pause_accepting();
  void on_pause_over();

  Engine& engine_;
  const std::shared_ptr<ListenerShared> shared_;
  std::unique_ptr<ListenerView> view_;
  std::vector<std::unique_ptr<ListenerView>> old_views_;  // that are still pinned
  const std::string name_;
  wire::ServerPolicy policy_;  // of the view; connections refer to it
  wire::Http2Policy http2_policy_;
  std::shared_ptr<observe::ListenerCounters> counters_;
  std::shared_ptr<observe::RouteCounters> unrouted_counters_;
  std::list<Entrance> entrances_;
  Entrance no_entrance_;
  std::vector<std::unique_ptr<Connection>> connections_;
  net::Deadline pause_;
  base::Instant next_warning_{};         // that accepting fails
  base::Instant next_client_warning_{};  // of what a client does
  base::Instant next_name_warning_{};    // of names that nobody serves, which scanners ask for all day
  bool closing_ = false;  // accepts what waits at a socket that goes, over the limit of connections, too
  bool draining_ = false;
  base::Duration drain_quiet_{0};
};

}  // namespace weir::proxy
