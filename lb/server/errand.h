#pragma once

#include <expected>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "lb/net/mailbox.h"

namespace weir::server {

// Work that takes too long for the thread of a loop, done on a thread of its own, one at a time. Belongs to
// the thread of the loop.
class Errand {
 public:
  // Begins a thread, or throws std::system_error.
  using Start = std::function<std::thread(std::move_only_function<void()>)>;

  explicit Errand(net::Loop& loop, Start start = start_thread) : mailbox_(loop), start_(std::move(start)) {}
  // Waits for the work under way; nobody hears of it.
  ~Errand();
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;

  // `done` is called on the thread of the loop. None is under way. The error says why there is no thread for
  // it, as where a process may have no more of them; then nothing is done.
  std::expected<void, std::string> run(std::move_only_function<std::string()> work,
                                       std::function<void(std::string)> done);

 private:
  static std::thread start_thread(std::move_only_function<void()> body);

  net::Mailbox mailbox_;
  const Start start_;
  std::thread thread_;
};

}  // namespace weir::server
