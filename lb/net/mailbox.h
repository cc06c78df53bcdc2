#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "lb/net/loop.h"

namespace weir::net {

// How other threads speak to a loop: tasks run on the loop's thread, in the order of posting. A
// task captures values and shared_ptr<const ...> only, never a raw pointer to what another thread
// owns. Destroyed on the loop's thread, after every poster has stopped.
class Mailbox {
 public:
  using Task = std::move_only_function<void()>;

  explicit Mailbox(Loop& loop);
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void post(Task task);  // from any thread

 private:
  struct Core {
    uv_async_t handle;
    Mailbox* owner;
  };
  void drain();

  Core* core_;  // lives until libuv's close callback
  std::mutex mutex_;
  std::vector<Task> tasks_;  // guarded by mutex_
};

}  // namespace weir::net
