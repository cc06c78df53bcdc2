#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lb/admin/message.h"
#include "lb/admin/state.h"

namespace weir::admin {

// Which run of the daemon counts the events: when it started, in milliseconds. Another one counts anew, or
// goes on where its predecessor has ended.
std::uint64_t event_run(const State& state);

// One event as server-sent events have it (HTML, "Server-sent events"). Its id there, "1700000000000-7", is
// the run and the number.
std::string event_frame(const Event& event, std::uint64_t run);

// The number to begin behind for a client that has had the event of this id, "1700000000000-7" or a number
// alone; `newest`: the number of the last event. What is of another run, or from the future, tells of a
// daemon that ran before: everything of this one is news then. Absent: it is no id.
std::optional<std::uint64_t> behind_event(std::string_view id, std::uint64_t run, std::uint64_t newest);

// The events of the daemon as server-sent events, from a number on; a comment when there was none for a
// while. It ends when the daemon stops. `state`, with operations, outlives it. A client that falls behind
// further than events are kept misses some: their numbers are consecutive, so it can tell.
class EventSource final : public Source {
 public:
  static constexpr base::Duration kHeartbeat = std::chrono::seconds(15);

  EventSource(const State& state, std::uint64_t after)
      : state_(state), run_(event_run(state)), after_(after) {}

  std::optional<std::string> next(base::Instant now) override;
  base::Instant due() const override { return due_; }

 private:
  bool add_events(std::string& to);

  const State& state_;
  const std::uint64_t run_;
  std::uint64_t after_;
  bool begun_ = false;
  base::Instant due_{};
};

}  // namespace weir::admin
