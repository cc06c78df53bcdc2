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

}  // namespace weir::net
