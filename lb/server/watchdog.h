#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "lb/net/loop.h"
#include "lb/net/timer_wheel.h"

namespace weir::server {

// Gives a sign of life every so often while the control thread and every worker turn: a worker is asked each
// time, and as long as one has not answered there is no sign. On the control thread.
class Watchdog {
 public:
  struct Outlets {
    // Has the worker's loop call back, on the control thread. Called once at a time for each.
    std::function<void(unsigned worker, std::function<void()> answered)> ask;
    std::function<void()> ping;
  };

  Watchdog(net::Loop& loop, base::Duration interval, unsigned workers, Outlets outlets);
  ~Watchdog() = default;
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void on_time();
  void ask();
  void on_answer();

  net::Loop& loop_;
  const base::Duration interval_;
  const unsigned workers_;
  const Outlets outlets_;
  // Answers that come when it is gone find nobody.
  const std::shared_ptr<Watchdog*> self_;
  unsigned missing_ = 0;  // answers
  bool late_ = false;     // the sign was due, and is given with the last of them
  net::Deadline timer_;
};

}  // namespace weir::server
