#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "lb/base/address.h"
#include "lb/base/clock.h"

namespace weir::server {

// What the users of `weir demo` have seen so far.
struct Seen {
  std::uint64_t answered = 0;  // with a 200, completely
  std::uint64_t errors = 0;
  base::Duration slowest{0};  // of those answered
};

// "users: 3 600 requests, 0 errors, slowest 12 ms"
std::string to_text(const Seen& seen);

// The users of `weir demo`: eight connections that are kept open, on which the load balancer is asked 60
// times a second in all, from a thread of its own. Every ten seconds they say on stdout what they have seen.
// The signals that end the daemon end them as well: they wait for what they have asked for, and ask no more.
class DemoUsers {
 public:
  // After the daemon has begun to take signals.
  DemoUsers(const base::Clock& clock, const base::SocketAddress& at);
  ~DemoUsers();
  DemoUsers(const DemoUsers&) = delete;
  DemoUsers& operator=(const DemoUsers&) = delete;

  // Now, without waiting for anything. What fails because of it is no error.
  Seen stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::thread thread_;
};

}  // namespace weir::server
