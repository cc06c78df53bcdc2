#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "lb/balance/picker.h"
#include "lb/model/target_group.h"
#include "lb/net/timer_wheel.h"
#include "lb/observe/counters.h"
#include "lb/wire/failure.h"

// Requests that wait until a target of their group is below its max_requests.
namespace weir::proxy {

// Who waits for a group, over all workers. Any thread.
class WaitingCounts {
 public:
  explicit WaitingCounts(unsigned workers);

  // False: as many as `most` wait already.
  bool enter(std::uint32_t most);
  void leave() { count_.fetch_sub(1); }
  bool any() const { return count_.load() != 0; }

  // Since when the first of a worker's queue waits; kNever: nobody does.
  void set_first(unsigned worker, base::Instant since) { first_[worker].since.store(since); }
  // The worker whose first has waited longest.
  std::optional<unsigned> longest() const;

 private:
  struct alignas(64) First {
    std::atomic<base::Instant> since{base::kNever};
  };
  std::atomic<std::uint32_t> count_{0};
  unsigned workers_;
  std::unique_ptr<First[]> first_;
};

class Target;
class WaitQueue;

// Whoever waits: part of an exchange, which takes it out of the queue when it ends.
class Waiter {
 public:
  // What it would take.
  virtual balance::PickRequest next_pick() = 0;
  // Its turn: a slot of this target is taken for it.
  virtual void on_target_free(Target& target) = 0;
  // It is out of the queue: its time is over, or no target is left that it could wait for.
  virtual void on_wait_in_vain(wire::Reason why) = 0;
  bool waiting() const { return queue_ != nullptr; }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

 protected:
  Waiter() = default;
  ~Waiter();
  void stop_waiting();
  // When it joined the queue that it was in last.
  base::Instant since() const { return since_; }

 private:
  friend class WaitQueue;
  WaitQueue* queue_ = nullptr;
  Waiter* next_ = nullptr;
  Waiter* previous_ = nullptr;
  base::Instant since_{};
};

// One worker's queue of one group, first come, first served. All wait equally long at the most, so that the
// first is the first whose time is over.
class WaitQueue {
 public:
  WaitQueue(net::TimerWheel& timers, const model::Queue& settings, WaitingCounts& counts, unsigned worker,
            observe::GroupCounters& counters);
  ~WaitQueue();
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;

  // Whoever waits already goes by the new timeout, too.
  void set(const model::Queue& settings);
  // False: the queue is full.
  bool join(Waiter& waiter, base::Instant now);
  // Its turn has come.
  void leave(Waiter& waiter, base::Instant now);
  Waiter* first() { return first_; }
  // There is nothing to wait for any more.
  void dissolve();

 private:
  friend class Waiter;
  void unlink(Waiter& waiter);
  void on_deadline();
  void dismiss(Waiter& waiter, wire::Reason why);
  void first_changed();

  model::Queue settings_;
  WaitingCounts& counts_;
  const unsigned worker_;
  observe::GroupCounters& counters_;
  net::Deadline deadline_;
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

}  // namespace weir::proxy
