#pragma once

#include <functional>

#include "lb/net/loop.h"

namespace weir::net {

// A signal as an event of the loop (the control thread's).
class Signal {
 public:
  Signal(Loop& loop, int number, std::function<void()> callback);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

 private:
  struct Core {
    uv_signal_t handle;
    std::function<void()> callback;
  };
  Core* core_;  // lives until libuv's close callback
};

// What a daemon is told by signals that never end it: SIGHUP, SIGUSR1 and SIGUSR2. Held, they wait in the
// calling thread and those that it starts; so none is lost, and none ends a daemon that starts, before the
// Signals are there that take them. Releasing lets those come that wait.
void hold_notices();
void release_notices();

// From now on the calling thread, and those that it starts, leave the signals that a daemon is sent to the
// other threads. Blocked in all of them, a signal has no effect any more. Faults still end the process.
void block_signals();

}  // namespace weir::net
