#pragma once

#include <functional>
#include <string>
#include <thread>

#include "lb/net/mailbox.h"

namespace weir::server {

// Work that takes too long for the thread of a loop, done on a thread of its own, one at a time. Belongs to
// the thread of the loop.
class Errand {
 public:
  explicit Errand(net::Loop& loop) : mailbox_(loop) {}
  // Waits for the work under way; nobody hears of it.
  ~Errand();
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;

  // `done` is called on the thread of the loop. None is under way.
  void run(std::move_only_function<std::string()> work, std::function<void(std::string)> done);

 private:
  net::Mailbox mailbox_;
  std::thread thread_;
};

}  // namespace weir::server
