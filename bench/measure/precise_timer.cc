#include "bench/measure/precise_timer.h"

#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace weir::bench {
namespace {

itimerspec spec_of(base::Instant at) {
  if (at == base::kNever) return {};  // disarms
  const auto since = std::max(at.time_since_epoch(), base::Duration(1));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  return {.it_interval = {},
          .it_value = {.tv_sec = static_cast<std::time_t>(seconds.count()),
                       .tv_nsec = static_cast<long>((since - seconds).count())}};
}

}  // namespace

PreciseTimer::PreciseTimer(net::Loop& loop, void* owner, Callback callback)
    : loop_(loop),
      owner_(owner),
      callback_(callback),
      fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      watcher_(loop, this, on_events) {
  if (!fd_.valid()) throw std::system_error(errno, std::generic_category(), "timerfd_create");
  if (const auto watched = watcher_.watch(fd_.get()); !watched) {
    throw std::system_error(watched.error(), std::generic_category(), "a timer cannot be watched");
  }
  watcher_.set(net::Watcher::kReadable);
}

void PreciseTimer::arm(base::Instant at) {
  if (at == at_) return;
  at_ = at;
  const itimerspec spec = spec_of(at);
  ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

// What the timer counts is not read: setting it again begins anew, and epoll tells each expiry. An event that
// the loop had fetched before the timer was set anew is none of its own.
void PreciseTimer::on_events(void* self, int) {
  auto& timer = *static_cast<PreciseTimer*>(self);
  timer.watcher_.spent(net::Watcher::kReadable);
  if (timer.loop_.now() < timer.at_) return;
  timer.at_ = base::kNever;
  timer.callback_(timer.owner_);
}

}  // namespace weir::bench
