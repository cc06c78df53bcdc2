#include "lb/server/errand.h"

#include <system_error>
#include <utility>

#include "lb/net/signal.h"

namespace weir::server {

Errand::~Errand() {
  if (thread_.joinable()) thread_.join();
}

std::thread Errand::start_thread(std::move_only_function<void()> body) {
  return std::thread(std::move(body));
}

std::expected<void, std::string> Errand::run(std::move_only_function<std::string()> work,
                                             std::function<void(std::string)> done) {
  if (thread_.joinable()) thread_.join();  // it has posted its end
  try {
    thread_ = start_([this, work = std::move(work), done = std::move(done)]() mutable {
      net::block_signals();
      mailbox_.post([done = std::move(done), text = work()]() mutable { done(std::move(text)); });
    });
  } catch (const std::system_error& error) {  // the library's way to say that there are too many threads
    return std::unexpected(error.code().message());
  }
  return {};
}

}  // namespace weir::server
