#include "lb/admin/event_memory.h"

#include <algorithm>
#include <utility>

namespace weir::admin {

using observe::kEventKinds;

static_assert(EventMemory::kMost > EventMemory::kOfEachKind * (kEventKinds.size() + 1));

void EventMemory::add(Event event) {
  ++counts_[place_of(event)];
  events_.push_back(std::move(event));
  if (events_.size() > kMost) forget_one();
}

std::size_t EventMemory::place_of(const Event& event) {
  return static_cast<std::size_t>(std::ranges::find(kEventKinds, event.kind) - kEventKinds.begin());
}

// The oldest of those whose kind has more than it may be sure of: there is one, as the assertion says.
void EventMemory::forget_one() {
  const auto oldest = std::ranges::find_if(
      events_, [&](const Event& event) { return counts_[place_of(event)] > kOfEachKind; });
  --counts_[place_of(*oldest)];
  events_.erase(oldest);
}

}  // namespace weir::admin
