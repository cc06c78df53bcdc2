#include "lb/net/mailbox.h"

namespace weir::net {

Mailbox::Mailbox(Loop& loop) : core_(new Core{{}, this}) {
  core_->handle.data = core_;
  uv_async_init(loop.libuv(), &core_->handle, [](uv_async_t* handle) {
    auto* core = static_cast<Core*>(handle->data);
    if (core->owner != nullptr) core->owner->drain();
  });
}

Mailbox::~Mailbox() {
  core_->owner = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&core_->handle),
           [](uv_handle_t* handle) { delete static_cast<Core*>(handle->data); });
}

void Mailbox::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    if (tasks_.size() > 1) return;  // the wake-up for the first one is still under way
  }
  uv_async_send(&core_->handle);
}

void Mailbox::drain() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (Task& task : tasks) task();
}

}  // namespace weir::net
