#pragma once

#include <cstdint>

#include "lb/net/loop.h"

namespace weir::net {

// Readiness of one descriptor, level triggered (uv_poll_t). The owner may destroy it from inside
// its callback; the descriptor must stay open until then. After an error event (RST, refused
// connect) libuv has stopped watching: the mask reads 0 and may be set again.
class Watcher {
 public:
  static constexpr int kReadable = UV_READABLE;
  static constexpr int kWritable = UV_WRITABLE;
  // Nothing but errors and hang-ups, which every mask except 0 reports.
  static constexpr int kErrors = UV_PRIORITIZED;
  // `events`: what is ready. On an error of the descriptor both are set: the next read or write
  // will tell.
  using Callback = void (*)(void* owner, int events);

  Watcher(Loop& loop, int fd, void* owner, Callback callback);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // A change costs system calls: hot paths arm once.
  void set(int events);
  int events() const { return core_->events; }

 private:
  struct Core {
    uv_poll_t handle;
    void* owner;
    Callback callback;
    int events;
  };
  static void on_poll(uv_poll_t* handle, int status, int events);

  Core* core_;  // lives until libuv's close callback
};

}  // namespace weir::net
