#include "lb/net/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace weir::net {

Deadline::~Deadline() { unlink(); }

void Deadline::unlink() {
  if (previous_ == nullptr) return;
  if (previous_ == this) {  // first of its slot, or of the list being run
    TimerWheel::Slot& slot = wheel_.slots_[tick_ % TimerWheel::kSlots];
    if (slot.first == this) {
      slot.first = next_;
    } else {
      wheel_.running_ = next_;
    }
    if (next_ != nullptr) next_->previous_ = next_;
  } else {
    previous_->next_ = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
  }
  next_ = previous_ = nullptr;
}

void Deadline::set(base::Instant at) {
  at_ = at;
  if (at == base::kNever) return;
  if (previous_ != nullptr) {
    if (TimerWheel::tick_of(at) >= tick_) return;
    unlink();
  }
  wheel_.insert(*this);
}

TimerWheel::TimerWheel(base::Instant now) : done_(tick_of(now) - 1) {}

TimerWheel::~TimerWheel() {
  for ([[maybe_unused]] const Slot& slot : slots_) assert(slot.first == nullptr);
}

// The first tick at whose start `at` has passed.
std::uint64_t TimerWheel::tick_of(base::Instant at) {
  return static_cast<std::uint64_t>((at.time_since_epoch() + kTick - base::Duration(1)) / kTick);
}

base::Instant TimerWheel::start_of(std::uint64_t tick) {
  return base::Instant(kTick * static_cast<base::Duration::rep>(tick));
}

void TimerWheel::insert(Deadline& deadline) {
  const std::uint64_t tick = std::clamp(tick_of(deadline.at_), done_ + 1, done_ + kSlots - 1);
  Slot& slot = slots_[tick % kSlots];
  deadline.tick_ = tick;
  deadline.next_ = slot.first;
  deadline.previous_ = &deadline;
  if (slot.first != nullptr) slot.first->previous_ = &deadline;
  slot.first = &deadline;
  occupied_[tick % kSlots / 64] |= std::uint64_t{1} << (tick % 64);
  next_tick_ = std::min(next_tick_, tick);
}

void TimerWheel::run_slot(std::uint64_t tick, base::Instant now) {
  Slot& slot = slots_[tick % kSlots];
  running_ = std::exchange(slot.first, nullptr);
  occupied_[tick % kSlots / 64] &= ~(std::uint64_t{1} << (tick % 64));
  while (running_ != nullptr) {
    Deadline& deadline = *running_;
    deadline.unlink();
    if (deadline.at_ == base::kNever) continue;
    if (deadline.at_ > now) {
      insert(deadline);
      continue;
    }
    deadline.at_ = base::kNever;
    deadline.callback_(deadline.owner_);
  }
}

void TimerWheel::advance(base::Instant now) {
  const auto current = static_cast<std::uint64_t>(now.time_since_epoch() / kTick);
  while (next_tick_ <= current) {
    const std::uint64_t tick = next_tick_;
    done_ = tick;
    run_slot(tick, now);
    // The next occupied slot, within one turn of the wheel.
    next_tick_ = UINT64_MAX;
    for (std::uint64_t ahead = 1; ahead < kSlots;) {
      const std::uint64_t candidate = tick + ahead;
      const std::uint64_t word = occupied_[candidate % kSlots / 64] >> (candidate % 64);
      if (word != 0) {
        const std::uint64_t found = candidate + static_cast<std::uint64_t>(std::countr_zero(word));
        if (found < tick + kSlots) next_tick_ = found;
        break;
      }
      ahead += 64 - candidate % 64;
    }
  }
  done_ = std::max(done_, current);
}

base::Instant TimerWheel::next() const {
  return next_tick_ == UINT64_MAX ? base::kNever : start_of(next_tick_);
}

}  // namespace weir::net
