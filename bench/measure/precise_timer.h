#pragma once

#include "lb/base/clock.h"
#include "lb/net/fd.h"
#include "lb/net/watcher.h"

namespace weir::bench {

// One point in time to be woken at, exactly: a timerfd among the loop's events, for what the 8 ms of the
// loop's timer wheel are too coarse for. It calls back tens of microseconds late on a machine that has
// nothing else to do, and never early. Setting it is a system call: whoever waits for many things sets it for
// the first of them, as PreciseDeadlines does.
//
// Owned by whoever is called back, on the loop's thread, where it may be armed, disarmed and destroyed from
// inside the callback. The loop has to run on the system's clock.
class PreciseTimer {
 public:
  using Callback = void (*)(void* owner);

  PreciseTimer(net::Loop& loop, void* owner, Callback callback);
  ~PreciseTimer() = default;
  PreciseTimer(const PreciseTimer&) = delete;
  PreciseTimer& operator=(const PreciseTimer&) = delete;

  // Calls back once, in a later turn of the loop, also if that time has passed. Replaces what was set before;
  // kNever clears it.
  void arm(base::Instant at);
  void disarm() { arm(base::kNever); }
  // kNever: not armed.
  base::Instant at() const { return at_; }

 private:
  static void on_events(void* self, int events);

  net::Loop& loop_;
  void* owner_;
  Callback callback_;
  net::Fd fd_;  // declared before the watcher: it outlives it
  net::Watcher watcher_;
  base::Instant at_ = base::kNever;
};

}  // namespace weir::bench
