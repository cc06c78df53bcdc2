#include "lb/server/watchdog.h"

#include <utility>

namespace weir::server {

Watchdog::Watchdog(net::Loop& loop, base::Duration interval, unsigned workers, Outlets outlets)
    : loop_(loop),
      interval_(interval),
      workers_(workers),
      outlets_(std::move(outlets)),
      self_(std::make_shared<Watchdog*>(this)),
      timer_(loop.timers(), this, [](void* self) { static_cast<Watchdog*>(self)->on_time(); }) {
  ask();
  timer_.set(loop_.now() + interval_);
}

void Watchdog::on_time() {
  timer_.set(loop_.now() + interval_);
  late_ = missing_ != 0;
  if (late_) return;
  outlets_.ping();
  ask();
}

void Watchdog::ask() {
  missing_ = workers_;
  for (unsigned worker = 0; worker < workers_; ++worker) {
    outlets_.ask(worker, [self = std::weak_ptr(self_)] {
      if (const auto there = self.lock()) (*there)->on_answer();
    });
  }
}

void Watchdog::on_answer() {
  if (--missing_ == 0 && std::exchange(late_, false)) outlets_.ping();
}

}  // namespace weir::server
