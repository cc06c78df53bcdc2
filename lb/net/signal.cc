#include "lb/net/signal.h"

#include <pthread.h>
#include <signal.h>

#include <initializer_list>

namespace weir::net {
namespace {

void mask(int how, std::initializer_list<int> numbers) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : numbers) sigaddset(&signals, number);
  pthread_sigmask(how, &signals, nullptr);
}

}  // namespace

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

void hold_notices() { mask(SIG_BLOCK, {SIGHUP, SIGUSR1, SIGUSR2}); }
void release_notices() { mask(SIG_UNBLOCK, {SIGHUP, SIGUSR1, SIGUSR2}); }

void block_signals() { mask(SIG_BLOCK, {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}); }

}  // namespace weir::net
