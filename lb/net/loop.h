#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <vector>

#include "lb/base/clock.h"
#include "lb/net/timer_wheel.h"

namespace weir::net {

// One thread's event loop: a libuv loop, its timer wheel, its ready list and its reaper. Made, run
// and destroyed on one thread. When it is destroyed everything that stood on it must be gone.
class Loop {
 public:
  explicit Loop(const base::Clock& clock);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop().
  void run();
  // Waits for events once at the most `wait`, and handles them. For tests and short waits.
  void run_once(base::Duration wait);
  void stop();

  // The time of this turn of the loop; read once a turn.
  base::Instant now();
  const base::Clock& clock() const { return clock_; }
  TimerWheel& timers() { return timers_; }
  void fire_timers();

  // Runs `task` at the end of this turn, before the loop waits again.
  void defer(std::move_only_function<void()> task);

  // Runs what was deferred, now: before what it refers to is destroyed.
  void settle();

  // Destroys `object` at the end of this turn: for owners that end inside their own callbacks.
  template <class T>
  void reap(std::unique_ptr<T> object) {
    defer([dead = std::move(object)]() mutable { dead.reset(); });
  }

  uv_loop_t* native() { return &loop_; }

 private:
  void arm_timer();
  void run_deferred();

  const base::Clock& clock_;
  uv_loop_t loop_{};
  uv_timer_t timer_{};
  uv_prepare_t prepare_{};
  uv_idle_t idle_{};  // keeps the loop from waiting while tasks are deferred
  base::Instant now_;
  bool now_is_fresh_ = false;
  TimerWheel timers_;
  std::vector<std::move_only_function<void()>> deferred_;
};

}  // namespace weir::net
