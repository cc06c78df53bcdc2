#include "lb/net/watcher.h"

#include <cstdio>
#include <cstdlib>

namespace weir::net {

Watcher::Watcher(Loop& loop, int fd, void* owner, Callback callback)
    : core_(new Core{{}, owner, callback, 0}) {
  if (uv_poll_init(loop.native(), &core_->handle, fd) != 0) {
    // Only for descriptors that are not pollable or are watched already: an error of ours.
    std::fputs("a descriptor cannot be watched\n", stderr);
    std::abort();
  }
  core_->handle.data = core_;
}

Watcher::~Watcher() {
  core_->owner = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&core_->handle),
           [](uv_handle_t* handle) { delete static_cast<Core*>(handle->data); });
}

void Watcher::set(int events) {
  if (events == core_->events) return;
  core_->events = events;
  if (events == 0) {
    uv_poll_stop(&core_->handle);
  } else {
    uv_poll_start(&core_->handle, events, on_poll);
  }
}

void Watcher::on_poll(uv_poll_t* handle, int status, int events) {
  auto* core = static_cast<Core*>(handle->data);
  if (core->owner == nullptr) return;
  if (status < 0) {
    core->events = 0;
    events = kReadable | kWritable;
  }
  core->callback(core->owner, events);
}

}  // namespace weir::net
