#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lb/base/random.h"
#include "lb/net/pipe_pool.h"
#include "lb/net/tcp_stream.h"
#include "lb/net/tls_scratch.h"
#include "lb/observe/access_log.h"
#include "lb/observe/registry.h"
#include "lb/observe/span_queue.h"
#include "lb/proxy/date_cache.h"
#include "lb/proxy/exchange_trace.h"
#include "lb/proxy/group.h"
#include "lb/proxy/listener_view.h"
#include "lb/proxy/session.h"
#include "lb/routing/facts.h"
#include "lb/wire/http1_server.h"
#include "lb/wire/http2_server.h"

namespace weir::proxy {

class Exchange;

// What all workers count together, and the bound on client connections. Any thread.
struct ProcessLimits {
  explicit ProcessLimits(std::uint64_t most) : max_connections(most) {}
  std::atomic<std::uint64_t> connections{0};
  // Answered by weir itself with a 5xx, and begun with a configuration that is no more.
  std::atomic<std::uint64_t> outlived_errors{0};
  const std::uint64_t max_connections;
};

// A group as the control thread sees it.
struct GroupSetup {
  std::shared_ptr<const GroupSettings> settings;
  std::shared_ptr<GroupShared> shared;
  GroupView view;
};

// What an engine is made with.
struct EngineSetup {
  unsigned worker = 0;
  observe::Registry* registry = nullptr;         // outlives the engine
  observe::AccessLogWriter* access = nullptr;    // null: off; outlives the engine
  ProcessLimits* limits = nullptr;               // outlives the engine
  std::size_t idle_target_connections = 10'000;  // of this worker
  std::size_t pipes = 64;                        // for splicing, of this worker
  std::vector<GroupSetup> groups;
  std::shared_ptr<const sticky::Keys> keys = {};  // of weir's cookies; null: nothing is sticky
  // Called on the worker's thread.
  std::function<void(FailingTarget)> on_failing = [](const FailingTarget&) {};
  // Has another worker's engine called: serve_waiting(group). Called on this worker's thread.
  std::function<void(unsigned worker, const std::string& group)> wake = [](unsigned, const std::string&) {};
  // Takes what nobody needs here any more, to destroy it elsewhere. Called on this worker's thread.
  Dispose dispose = [](const std::shared_ptr<const void>&) {};
  Connector connect = net::TcpStream::connect;
};

// The proxy of one worker: what its listeners, exchanges and targets share. Lives on the worker's
// thread, longer than they do.
class Engine {
 public:
  Engine(net::Loop& loop, const EngineSetup& setup);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // The group is there.
  const std::shared_ptr<Group>& group(const std::string& name) const { return groups_.at(name); }
  // A group that is new, or other settings of one that is there.
  void set_group(const GroupSetup& setup);
  // It goes when nobody uses it any more.
  void remove_group(const std::string& name);
  // Of these settings, with the groups that there are now.
  std::unique_ptr<ListenerView> view_of(std::shared_ptr<const ListenerSettings> listener);
  // A view that no exchange has pinned, nor will.
  void retire(std::unique_ptr<ListenerView> view);
  std::uint64_t next_view() { return ++views_; }

  // For a request: the engine owns it until it is given back.
  Exchange& take_exchange();
  void give_back(Exchange& exchange);

  // What the control thread has decided about a group.
  void update(const std::string& group, const GroupView& view);
  void cut(const std::string& group, balance::Slot slot);
  // Of cookies.
  void set_keys(std::shared_ptr<const sticky::Keys> keys);
  void serve_waiting(const std::string& group);

  // No idle connection to a target stays.
  void close_idle();

  const EngineSetup setup;
  wire::Context wire;
  wire::Http1Server::Actives server_actives;
  wire::Http1Client::Actives client_actives;
  wire::Http2Client::Shared http2_client;
  base::Random random;
  wire::Http2Server::Shared http2_server;
  routing::Facts facts;  // of the request that is being routed
  http::FieldList spare_fields;
  std::optional<CookieSeal> cookies;  // absent: nothing is sticky
  net::PipePool pipes;
  net::TlsScratch tls;
  DateCache date;
  observe::AccessLogBuffer access;
  observe::SpanBuffer spans;
  wire::FreeList<ExchangeTrace> traces;  // that no exchange has
  bool stopping = false;

 private:
  void wake(unsigned worker, const std::string& group);
  void on_group_left(Group& group);

  const std::function<void(unsigned, const std::string&)> wake_;
  const std::function<void(Group&)> on_group_left_;
  IdleConnections idle_;
  net::TlsClientSessions tls_sessions_;  // with targets
  TargetContext target_context_;
  std::unordered_map<std::string, std::shared_ptr<Group>> groups_;
  std::vector<std::shared_ptr<Group>> leaving_groups_;  // that still have connections
  std::uint64_t views_ = 0;                             // that there have been
  std::vector<std::unique_ptr<Exchange>> exchanges_;    // that are at work
  std::vector<std::unique_ptr<Exchange>> spare_;
};

}  // namespace weir::proxy
