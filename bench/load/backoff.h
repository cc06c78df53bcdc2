#pragma once

#include <algorithm>

#include "lb/net/loop.h"

namespace weir::bench {

// The wait before the next attempt to connect, longer with each that failed: 10 ms to 1 s. Calls back in a
// later turn of the loop.
class Backoff {
 public:
  Backoff(net::Loop& loop, void* owner, net::Deadline::Callback over)
      : loop_(loop), deadline_(loop.timers(), owner, over) {}

  void failed() { wait_ = std::clamp(2 * wait_, kFirst, kLongest); }
  void connected() { wait_ = {}; }
  // Begins the wait, if there is one to be made.
  bool begin() {
    if (wait_ == base::Duration(0)) return false;
    deadline_.set(loop_.now() + wait_);
    return true;
  }

 private:
  static constexpr base::Duration kFirst = std::chrono::milliseconds(10);
  static constexpr base::Duration kLongest = std::chrono::seconds(1);

  net::Loop& loop_;
  net::Deadline deadline_;
  base::Duration wait_{0};
};

}  // namespace weir::bench
