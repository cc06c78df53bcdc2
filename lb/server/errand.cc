#include "lb/server/errand.h"

#include <utility>

#include "lb/net/signal.h"

namespace weir::server {

Errand::~Errand() {
  if (thread_.joinable()) thread_.join();
}

void Errand::run(std::move_only_function<std::string()> work, std::function<void(std::string)> done) {
  if (thread_.joinable()) thread_.join();  // it has posted its end
  thread_ = std::thread([this, work = std::move(work), done = std::move(done)]() mutable {
    net::block_signals();
    mailbox_.post([done = std::move(done), text = work()]() mutable { done(std::move(text)); });
  });
}

}  // namespace weir::server
