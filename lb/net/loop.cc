#include "lb/net/loop.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <limits>
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
  epoll_event libuv{.events = EPOLLIN, .data = {.u64 = kLibuv}};
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
  const int count = ::epoll_wait(epoll_.get(), events_.data(), kEvents, wait);
  if (count < 0 && errno != EINTR) give_up("epoll_wait");
  now_is_fresh_ = false;
  if (timers_.next() <= now()) timers_.advance(now());
  delivering_.swap(ready_);
  deliver_events(std::span(events_).first(static_cast<std::size_t>(std::max(count, 0))));
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

void Loop::deliver_events(std::span<const epoll_event> events) {
  // What other threads have posted comes before what came in over sockets meanwhile.
  if (std::ranges::any_of(events, [](const epoll_event& event) { return event.data.u64 == kLibuv; })) {
    run_libuv();
  }
  for (const epoll_event& event : events) {
    Watcher* const watcher = event.data.u64 == kLibuv ? nullptr : find(event.data.u64);
    if (watcher == nullptr) continue;
    watcher->note(event.events);
    deliver(*watcher);
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

std::uint32_t Loop::take_place(Watcher& watcher) {
  if (free_places_.empty()) {
    free_places_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.emplace_back();
  }
  const std::uint32_t place = free_places_.back();
  free_places_.pop_back();
  places_[place].watcher = &watcher;
  return place;
}

std::uint64_t Loop::event_data(std::uint32_t place) const {
  return std::uint64_t{places_[place].generation} << 32 | place;
}

Watcher* Loop::find(std::uint64_t event_data) const {
  const Place& place = places_[static_cast<std::uint32_t>(event_data)];
  return place.generation == event_data >> 32 ? place.watcher : nullptr;
}

void Loop::forget(Watcher& watcher) {
  if (current_ == &watcher) current_ = nullptr;
  Place& place = places_[watcher.place_];
  place.watcher = nullptr;
  if (++place.generation == 0) place.generation = 1;
  free_places_.push_back(watcher.place_);
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
