#include "lb/net/loop.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace weir::net {

Loop::Loop(const base::Clock& clock) : clock_(clock), now_(clock.now()), timers_(clock.now()) {
  uv_loop_init(&loop_);
  uv_timer_init(&loop_, &timer_);
  uv_prepare_init(&loop_, &prepare_);
  uv_idle_init(&loop_, &idle_);
  timer_.data = prepare_.data = idle_.data = this;
  uv_prepare_start(&prepare_, [](uv_prepare_t* handle) {
    auto* self = static_cast<Loop*>(handle->data);
    self->run_deferred();
    self->now_is_fresh_ = false;
  });
  timers_.on_earlier(this, [](void* self) { static_cast<Loop*>(self)->arm_timer(); });
}

Loop::~Loop() {
  settle();
  for (auto* handle : {reinterpret_cast<uv_handle_t*>(&timer_), reinterpret_cast<uv_handle_t*>(&prepare_),
                       reinterpret_cast<uv_handle_t*>(&idle_)}) {
    uv_close(handle, nullptr);
  }
  uv_run(&loop_, UV_RUN_NOWAIT);  // close callbacks
  if (uv_loop_close(&loop_) != 0) {
    std::fputs("a loop is destroyed with handles open:\n", stderr);
    uv_print_all_handles(&loop_, stderr);
    std::abort();
  }
}

void Loop::settle() {
  while (!deferred_.empty()) run_deferred();
}

void Loop::run() { uv_run(&loop_, UV_RUN_DEFAULT); }

void Loop::stop() { uv_stop(&loop_); }

void Loop::run_once(base::Duration wait) {
  uv_timer_t limit;
  uv_timer_init(&loop_, &limit);
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  // A timer that is due at once is run before the loop waits: stopping keeps it from waiting then.
  const auto over = [](uv_timer_t* timer) { uv_stop(timer->loop); };
  uv_timer_start(&limit, over, static_cast<std::uint64_t>(milliseconds), 0);
  uv_run(&loop_, UV_RUN_ONCE);
  bool closed = false;
  limit.data = &closed;
  uv_close(reinterpret_cast<uv_handle_t*>(&limit),
           [](uv_handle_t* handle) { *static_cast<bool*>(handle->data) = true; });
  while (!closed) uv_run(&loop_, UV_RUN_NOWAIT);
  run_deferred();
  now_is_fresh_ = false;
}

base::Instant Loop::now() {
  if (!now_is_fresh_) {
    now_ = clock_.now();
    now_is_fresh_ = true;
  }
  return now_;
}

void Loop::fire_timers() {
  now_is_fresh_ = false;
  timers_.advance(now());
  arm_timer();
}

void Loop::arm_timer() {
  const base::Instant next = timers_.next();
  if (next == base::kNever) {
    uv_timer_stop(&timer_);
    return;
  }
  const base::Duration wait = std::max(base::Duration(0), next - now());
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  uv_timer_start(
      &timer_, [](uv_timer_t* handle) { static_cast<Loop*>(handle->data)->fire_timers(); },
      static_cast<std::uint64_t>(milliseconds), 0);
}

void Loop::defer(std::move_only_function<void()> task) {
  if (deferred_.empty()) uv_idle_start(&idle_, [](uv_idle_t*) {});
  deferred_.push_back(std::move(task));
}

void Loop::run_deferred() {
  if (deferred_.empty()) return;
  std::vector<std::move_only_function<void()>> tasks;
  tasks.swap(deferred_);
  for (auto& task : tasks) task();
  tasks.clear();
  if (deferred_.empty()) uv_idle_stop(&idle_);
}

}  // namespace weir::net
