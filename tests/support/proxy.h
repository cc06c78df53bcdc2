#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "lb/model/snapshot.h"
#include "lb/net/listen.h"
#include "lb/net/loop.h"
#include "lb/observe/access_log.h"
#include "lb/observe/registry.h"
#include "lb/proxy/engine.h"
#include "lb/proxy/listener.h"
#include "tests/support/memory_stream.h"
#include "tests/support/peer.h"

namespace weir::test {

using std::chrono::milliseconds;
using std::chrono::seconds;

enum class Wire { tcp, memory };

// A target that a test plays: a listening socket on a port of its own, or a name that connections
// in memory are made to.
class ScriptedTarget {
 public:
  ScriptedTarget(Peer::Turn turn, Wire wire, std::uint16_t memory_port);

  const base::SocketAddress& address() const { return address_; }
  // The next connection that weir makes, waited for; null: none came.
  std::unique_ptr<Peer> accept();
  // One that is there already.
  std::unique_ptr<Peer> accept_now();
  // Refuses connections from now on.
  void refuse();
  void limit_receive_buffer(int bytes);

  std::expected<std::unique_ptr<net::ByteStream>, int> connect_in_memory(net::Loop& loop);
  MemoryHabits habits;

 private:
  Peer::Turn turn_;
  base::SocketAddress address_;
  net::Fd listening_;  // invalid: in memory, or refusing
  bool refusing_ = false;
  std::deque<std::shared_ptr<MemoryPipe>> made_;
};

struct ProxyOptions {
  std::size_t targets = 1;
  Wire client_wire = Wire::tcp;
  Wire target_wire = Wire::tcp;
  std::uint64_t max_connections = 1'000'000;
  std::size_t idle_target_connections = 10'000;
  bool log = false;
};

// The proxy of one worker with one listener ("web") in front of one group ("app"), on the test's
// thread and with a clock that stands still. Settings may be changed until the first connection.
class Proxy {
 public:
  explicit Proxy(const ProxyOptions& options = {});
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  model::Listener& listener_settings() { return snapshot_.listeners.front(); }
  model::TargetGroup& group_settings() { return snapshot_.target_groups.front(); }
  // Of a listener with TLS.
  std::shared_ptr<const net::TlsServerContext> tls;
  // Of the groups with TLS.
  std::shared_ptr<const net::TlsClientContext> target_tls;
  void add_group(const model::TargetGroup& settings) { snapshot_.target_groups.push_back(settings); }
  ScriptedTarget& target(std::size_t place = 0) { return *targets_[place]; }
  MemoryHabits client_habits;

  void start();
  // Goes over to the settings as they are now; the targets stay as they were.
  void reload();
  // Views that no exchange needs any more.
  std::size_t disposed() const { return disposed_; }
  std::unique_ptr<Peer> connect(int receive_buffer = 0);
  std::uint16_t port() const { return address_.port(); }  // of its listener
  // What its peers wait with.
  Peer::Turn turns() {
    return [this] { turn(); };
  }
  // Whatever target it reaches.
  std::unique_ptr<Peer> accept();
  // Waits until a request comes over `target`, or over a new connection that takes its place.
  void await_request(std::unique_ptr<Peer>& target);

  proxy::Listener& listener() { return *listener_; }
  // Another one beside it, which does not outlive this.
  std::unique_ptr<proxy::Listener> make_listener(const model::Listener& settings);
  std::shared_ptr<const proxy::ListenerSettings> settings_of(const model::Listener& listener) const;
  proxy::Engine& engine() { return *engine_; }
  net::Loop& loop() { return loop_; }

  void turn();
  bool until(const Peer::Condition& condition);
  // Lets happen what the bytes sent so far make happen.
  void settle();
  // Lets time pass, after what there was to do.
  void advance(base::Duration by);
  // Moves the clock and looks at the timers before anything else happens.
  void expire(base::Duration by);
  // How often the loop wakes up within a few milliseconds in which nothing happens.
  std::size_t wakeups();

  // Targets whose rows of failures have become too long.
  const std::vector<proxy::FailingTarget>& failing() const { return failing_; }
  observe::Totals totals() const { return registry_.totals(); }
  std::uint64_t requests(unsigned status) const;  // counted so far
  std::uint64_t errors(std::string_view reason) const;

  // Ends everything and returns the lines of the access log.
  std::vector<std::string> stop();

 private:
  base::ManualClock clock_;
  net::Loop loop_;
  const ProxyOptions options_;
  model::Snapshot snapshot_;
  observe::Registry registry_;
  proxy::ProcessLimits limits_;
  std::string log_path_;
  std::unique_ptr<observe::AccessLogWriter> log_;
  std::vector<std::unique_ptr<ScriptedTarget>> targets_;
  base::SocketAddress address_;
  std::vector<proxy::FailingTarget> failing_;
  std::vector<proxy::GroupView> views_;  // of the groups
  std::size_t disposed_ = 0;
  std::unique_ptr<proxy::Engine> engine_;
  std::unique_ptr<proxy::Listener> listener_;
};

// The value of a field of a line of the access log: what stands behind `"name":`.
std::string log_field(const std::string& line, std::string_view name);

// Bytes of which each stretch is different, so that a hole or a repetition shows.
std::string pattern(std::size_t size);

}  // namespace weir::test
