#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lb/net/listen.h"
#include "lb/probe/prober.h"
#include "tests/support/peer.h"

// A prober on the test's thread, with a clock that stands still unless the test moves it, and the targets
// that it asks.
namespace weir::test {

using health::Phase;
using health::ProbeResult;
using health::ReasonCode;

// A listening socket; what it accepts does what the test says.
class Target {
 public:
  // "127.0.0.1:0", "[::1]:0", "unix:/path".
  explicit Target(Peer::Turn turn, const std::string& address = "127.0.0.1:0", int backlog = 4096);

  const base::SocketAddress& address() const { return sockets_.address; }
  std::unique_ptr<Peer> accept();      // waited for; null: nothing came
  std::unique_ptr<Peer> accept_now();  // null: nothing is there
  // Connections are refused from now on.
  void refuse() { sockets_.sockets.clear(); }

 private:
  Peer::Turn turn_;
  net::ListeningSockets sockets_;
};

class Probes {
 public:
  explicit Probes(unsigned most_under_way = 256);

  // One turn of the loop, without waiting for long, and without moving the clock but for the tick that timers
  // may be late.
  void turn();
  bool run_until(const Peer::Condition& condition);
  // Lets time pass, as the loop sees it.
  void advance(base::Duration by);

  Target target(const std::string& address = "127.0.0.1:0", int backlog = 4096);
  void add(probe::ProbeId id, const base::SocketAddress& target, model::HealthCheck check = {},
           probe::Outset outset = {});
  // The result of the next probe; waits without moving the clock.
  ProbeResult result();

  base::ManualClock clock;
  net::Loop loop{clock};
  wire::Context context{loop};
  std::vector<std::pair<probe::ProbeId, ProbeResult>> results;
  probe::Prober prober;
  // Called behind each result.
  std::function<void(probe::ProbeId)> then;

 private:
  std::size_t seen_ = 0;
};

// A check with these times, and no jitter.
model::HealthCheck paced(model::Milliseconds interval, model::Milliseconds timeout);

// An answer with a Content-Length.
std::string answer(unsigned status, const std::string& body = "", const std::string& fields = "");

}  // namespace weir::test
