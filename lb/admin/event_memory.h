#pragma once

#include <array>
#include <cstddef>
#include <deque>

#include "lb/admin/group_status.h"
#include "lb/observe/group_facts.h"

namespace weir::admin {

// The last events. However many there are of one kind, the last ones of each other kind stay: what was
// changed before an outage can still be seen behind a thousand events of health.
class EventMemory {
 public:
  static constexpr std::size_t kMost = 1000;
  static constexpr std::size_t kOfEachKind = 64;

  void add(Event event);
  // In the order of their numbers.
  auto begin() const { return events_.begin(); }
  auto end() const { return events_.end(); }

 private:
  static std::size_t place_of(const Event& event);
  void forget_one();

  std::deque<Event> events_;
  std::array<std::size_t, observe::kEventKinds.size() + 1> counts_{};  // by kind; the last: of no known one
};

}  // namespace weir::admin
