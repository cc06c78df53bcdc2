#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lb/base/clock.h"

// Deadlines by the ten thousand at next to no cost: a hashed wheel (Varghese and Lauck 1987) whose
// entries live inside their owners. Setting a deadline later, or clearing it, only writes the new
// time; the entry moves when its slot comes up. Knows no loop and no clock: time comes as an
// argument. One thread.
namespace weir::net {

class TimerWheel;

// One deadline of its owner. Calls back at most kTick late, never early; it may be set again or
// destroyed from inside the callback.
class Deadline {
 public:
  using Callback = void (*)(void* owner);

  Deadline(TimerWheel& wheel, void* owner, Callback callback)
      : wheel_(wheel), owner_(owner), callback_(callback) {}
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void set(base::Instant at);
  void clear() { at_ = base::kNever; }
  base::Instant at() const { return at_; }

 private:
  friend class TimerWheel;
  void unlink();

  TimerWheel& wheel_;
  void* owner_;
  Callback callback_;
  base::Instant at_ = base::kNever;
  std::uint64_t tick_ = 0;  // that of the slot it stands in
  Deadline* next_ = nullptr;
  Deadline* previous_ = nullptr;  // null: in no slot
};

class TimerWheel {
 public:
  static constexpr base::Duration kTick = std::chrono::milliseconds(8);

  explicit TimerWheel(base::Instant now);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Calls back every deadline that is at or before `now`.
  void advance(base::Instant now);

  // When advance() has to be called next; kNever if nothing waits.
  base::Instant next() const;

 private:
  friend class Deadline;
  static constexpr std::size_t kSlots = 4096;  // a horizon of 32 s; later ones pass through again

  struct Slot {
    Deadline* first = nullptr;
  };

  void insert(Deadline& deadline);
  void run_slot(std::uint64_t tick, base::Instant now);
  static std::uint64_t tick_of(base::Instant at);
  static base::Instant start_of(std::uint64_t tick);

  std::array<Slot, kSlots> slots_{};
  std::array<std::uint64_t, kSlots / 64> occupied_{};  // a bit for each slot that may have entries
  std::uint64_t done_ = 0;                             // all ticks up to this one have been run
  std::uint64_t next_tick_ = UINT64_MAX;               // at most that of the first occupied slot
  Deadline* running_ = nullptr;                        // head of the slot being run
};

}  // namespace weir::net
