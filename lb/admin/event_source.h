#pragma once

#include <string>

#include "lb/admin/message.h"
#include "lb/admin/state.h"

namespace weir::admin {

// One event as server-sent events have it (HTML, "Server-sent events").
std::string event_frame(const Event& event);

// The events of the daemon as server-sent events, from a number on; a comment when there was none for a
// while. It ends when the daemon stops. `state`, with operations, outlives it. A client that falls behind
// further than events are kept misses some: their numbers are consecutive, so it can tell.
class EventSource final : public Source {
 public:
  static constexpr base::Duration kHeartbeat = std::chrono::seconds(15);

  EventSource(const State& state, std::uint64_t after) : state_(state), after_(after) {}

  std::optional<std::string> next(base::Instant now) override;
  base::Instant due() const override { return due_; }

 private:
  bool add_events(std::string& to);

  const State& state_;
  std::uint64_t after_;
  bool begun_ = false;
  base::Instant due_{};
};

}  // namespace weir::admin
