#include "lb/net/loop.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <span>
#include <utility>

#include "lb/net/watcher.h"

namespace weir::net {

void give_up(const char* what) {
  std::perror(what);
  std::abort();
}

void skip_cancellation_points() {
  ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
  ::pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
}

Loop::Loop(const base::Clock& clock)
    : clock_(clock), epoll_(::epoll_create1(EPOLL_CLOEXEC)), now_(clock.now()), timers_(clock.now()) {
  if (!epoll_.valid() || uv_loop_init(&libuv_) != 0) give_up("a loop cannot be made");
  epoll_event libuv{.events = EPOLLIN, .data = {.ptr = nullptr}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, uv_backend_fd(&libuv_), &libuv) != 0) give_up("epoll_ctl");
}

Loop::~Loop() {
  settle();
  run_libuv();  // close callbacks
  if (uv_loop_close(&libuv_) != 0) {
    std::fputs("a loop is destroyed with handles open:\n", stderr);
    uv_print_all_handles(&libuv_, stderr);
    std::abort();
  }
}

void Loop::settle() {
  while (!deferred_.empty()) run_deferred();
}

void Loop::run() {
  while (!stopped_) turn(base::Duration::max());
  stopped_ = false;
  run_deferred();
}

void Loop::run_once(base::Duration wait) {
  turn(deferred_.empty() ? wait : base::Duration(0));
  run_deferred();
  now_is_fresh_ = false;
}

void Loop::turn(base::Duration most) {
  run_deferred();
  if (libuv_due_) run_libuv();
  const int wait = milliseconds_to_wait(most);
  event_count_ = ::epoll_wait(epoll_.get(), events_.data(), kEvents, wait);
  next_event_ = 0;  // before the timers: what they destroy may have an event
  if (event_count_ < 0 && errno != EINTR) give_up("epoll_wait");
  now_is_fresh_ = false;
  if (timers_.next() <= now()) timers_.advance(now());
  delivering_.swap(ready_);
  deliver_events();
  deliver_ready();
}

// As uv_backend_timeout(), which also says 0 for a loop without handles.
int Loop::libuv_timeout() { return uv_loop_alive(&libuv_) != 0 ? uv_backend_timeout(&libuv_) : -1; }

int Loop::milliseconds_to_wait(base::Duration most) {
  if (stopped_ || libuv_due_ || !ready_.empty() || !deferred_.empty()) return 0;
  if (const int libuv = libuv_timeout(); libuv >= 0)
    most = std::min<base::Duration>(most, std::chrono::milliseconds(libuv));
  if (const base::Instant next = timers_.next(); next != base::kNever) {
    now_is_fresh_ = false;
    most = std::min(most, std::max(base::Duration(0), next - now()));
  }
  if (most == base::Duration::max()) return -1;
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(most).count();
  return static_cast<int>(std::min<std::int64_t>(milliseconds, std::numeric_limits<int>::max()));
}

void Loop::deliver_events() {
  // What other threads have posted comes before what came in over sockets meanwhile.
  for (epoll_event& event : std::span(events_).first(static_cast<std::size_t>(std::max(event_count_, 0)))) {
    if (event.data.ptr != nullptr) continue;
    event.events = 0;
    run_libuv();
    break;
  }
  while (next_event_ < event_count_) {
    const epoll_event& event = events_[static_cast<std::size_t>(next_event_++)];
    if (event.events == 0) continue;  // libuv's, or of a watcher that is gone
    auto& watcher = *static_cast<Watcher*>(event.data.ptr);
    watcher.note(event.events);
    deliver(watcher);
  }
  if (libuv_due_ || libuv_timeout() == 0) run_libuv();
}

void Loop::deliver_ready() {
  for (Watcher*& entry : delivering_) {
    Watcher* const watcher = std::exchange(entry, nullptr);
    if (watcher == nullptr) continue;
    watcher->queued_ = false;
    deliver(*watcher);
  }
  delivering_.clear();
}

void Loop::deliver(Watcher& watcher) {
  const int events = watcher.take_due();
  if (events == 0) return;
  current_ = &watcher;
  watcher.callback_(watcher.owner_, events);
  if (current_ == nullptr) return;
  current_ = nullptr;
  if (watcher.due()) enqueue(watcher);
}

void Loop::forget(Watcher& watcher) {
  if (current_ == &watcher) current_ = nullptr;
  for (int i = next_event_; i < event_count_; ++i) {
    epoll_event& event = events_[static_cast<std::size_t>(i)];
    if (event.data.ptr == &watcher) event.events = 0;
  }
  if (!watcher.queued_) return;
  std::ranges::replace(ready_, &watcher, nullptr);
  std::ranges::replace(delivering_, &watcher, nullptr);
}

void Loop::enqueue(Watcher& watcher) {
  if (watcher.queued_) return;
  watcher.queued_ = true;
  ready_.push_back(&watcher);
}

void Loop::fire_timers() {
  now_is_fresh_ = false;
  timers_.advance(now());
}

void Loop::run_libuv() {
  libuv_due_ = false;
  uv_run(&libuv_, UV_RUN_NOWAIT);
}

void Loop::run_deferred() {
  if (deferred_.empty()) return;
  std::vector<std::move_only_function<void()>> tasks;
  tasks.swap(deferred_);
  for (auto& task : tasks) task();
}

}  // namespace weir::net
