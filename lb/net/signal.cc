#include "lb/net/signal.h"

#include <pthread.h>
#include <signal.h>

namespace weir::net {

Signal::Signal(Loop& loop, int number, std::function<void()> callback)
    : core_(new Core{{}, std::move(callback)}) {
  core_->handle.data = core_;
  uv_signal_init(loop.libuv(), &core_->handle);
  uv_signal_start(
      &core_->handle,
      [](uv_signal_t* handle, int) {
        const std::function<void()> callback_now = static_cast<Core*>(handle->data)->callback;
        callback_now();
      },
      number);
}

Signal::~Signal() {
  uv_close(reinterpret_cast<uv_handle_t*>(&core_->handle),
           [](uv_handle_t* handle) { delete static_cast<Core*>(handle->data); });
}

void block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace weir::net
