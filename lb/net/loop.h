#pragma once

#include <sys/epoll.h>
#include <uv.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "lb/base/clock.h"
#include "lb/net/fd.h"
#include "lb/net/timer_wheel.h"

namespace weir::net {

// For what no input can bring about: no memory or descriptors while a thread starts, or an error of ours.
[[noreturn]] void give_up(const char* what);

// For a thread that nobody cancels. In a process with threads each recv() and send() of glibc makes the
// thread cancellable for its duration, with two locked instructions, unless it is already: then they cost
// nothing.
void skip_cancellation_points();

class Watcher;

// One thread's event loop: an epoll set of its own for sockets (Watcher), a timer wheel, a ready list, a
// reaper, and a libuv loop for what is rare (Mailbox, Signal), whose descriptor is one of the set. Made, run
// and destroyed on one thread. When it is destroyed everything that stood on it must be gone.
class Loop {
 public:
  explicit Loop(const base::Clock& clock);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop(), which may come before.
  void run();
  // Waits for events once at the most `wait`, and handles them. For tests and short waits.
  void run_once(base::Duration wait);
  void stop() { stopped_ = true; }

  // The time of this turn of the loop; read once a turn.
  base::Instant now() {
    if (!now_is_fresh_) {
      now_ = clock_.now();
      now_is_fresh_ = true;
    }
    return now_;
  }
  const base::Clock& clock() const { return clock_; }
  TimerWheel& timers() { return timers_; }
  void fire_timers();

  // Runs `task` at the end of this turn, before the loop waits again.
  void defer(std::move_only_function<void()> task) { deferred_.push_back(std::move(task)); }

  // Runs what was deferred, now: before what it refers to is destroyed.
  void settle();

  // Destroys `object` at the end of this turn: for owners that end inside their own callbacks.
  template <class T>
  void reap(std::unique_ptr<T> object) {
    defer([dead = std::move(object)]() mutable { dead.reset(); });
  }

  // For handles of libuv: whoever starts one here has it served from the next turn on.
  uv_loop_t* libuv() {
    libuv_due_ = true;
    return &libuv_;
  }

 private:
  friend class Watcher;

  // What epoll_wait gives at once; more comes in the next turn.
  static constexpr int kEvents = 256;

  // Whom an event is for. Its data name a place and the place's generation, not a watcher: one that is gone
  // may have an event still to come in this turn, and later, as long as a process that is being started has a
  // copy of its descriptor.
  struct Place {
    Watcher* watcher = nullptr;  // null: free
    std::uint32_t generation = 1;
  };
  static constexpr std::uint64_t kLibuv = 0;  // an event's data; a generation is never 0

  std::uint32_t take_place(Watcher& watcher);
  std::uint64_t event_data(std::uint32_t place) const;
  Watcher* find(std::uint64_t event_data) const;  // null: it is gone
  void forget(Watcher& watcher);                  // it is being destroyed
  void enqueue(Watcher& watcher);                 // ready, and wanted: in the next turn
  void turn(base::Duration most);
  int milliseconds_to_wait(base::Duration most);
  int libuv_timeout();
  void deliver(Watcher& watcher);
  void deliver_events(std::span<const epoll_event> events);
  void deliver_ready();
  void run_libuv();
  void run_deferred();

  const base::Clock& clock_;
  Fd epoll_;
  uv_loop_t libuv_{};
  bool libuv_due_ = true;
  bool stopped_ = false;
  base::Instant now_;
  bool now_is_fresh_ = false;
  TimerWheel timers_;
  std::vector<std::move_only_function<void()>> deferred_;
  std::array<epoll_event, kEvents> events_{};
  std::vector<Place> places_;
  std::vector<std::uint32_t> free_places_;
  std::vector<Watcher*> ready_;       // for the next turn
  std::vector<Watcher*> delivering_;  // of this turn; null: gone meanwhile
  Watcher* current_ = nullptr;        // in its callback
};

}  // namespace weir::net
