#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "lb/admin/message.h"

namespace weir::admin {

// An answer that is still to be found out. Whoever finds it out completes it once, on the thread of the
// server; whoever waits for it may be gone by then. Destroyed without an answer it leaves the client without
// one, until that loses patience.
class Later {
 public:
  void complete(Response response) {
    if (!on_complete_) {
      response_ = std::move(response);
      return;
    }
    std::exchange(on_complete_, nullptr)(std::move(response));
  }

  // For the exchange that waits: called once, perhaps at once.
  void wait(std::move_only_function<void(Response)> on_complete) {
    if (response_) return on_complete(*std::exchange(response_, std::nullopt));
    on_complete_ = std::move(on_complete);
  }
  void forget() { on_complete_ = nullptr; }

 private:
  std::optional<Response> response_;
  std::move_only_function<void(Response)> on_complete_;
};

}  // namespace weir::admin
