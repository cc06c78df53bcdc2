#pragma once

#include <cstddef>
#include <vector>

#include "bench/measure/precise_timer.h"

// Deadlines by the ten thousand that are kept to tens of microseconds: a heap of them on one PreciseTimer.
namespace weir::bench {

class PreciseDeadline;

// Deadlines in the order of their times. Knows no loop and no clock. Holds pointers to entries, which take
// themselves out.
class DeadlineHeap {
 public:
  void add(PreciseDeadline& deadline);
  void remove(PreciseDeadline& deadline);
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  PreciseDeadline& first() const { return *heap_.front(); }

 private:
  void put(PreciseDeadline& deadline, std::size_t place);
  void rise(PreciseDeadline& deadline, std::size_t place);
  void sink(PreciseDeadline& deadline, std::size_t place);

  std::vector<PreciseDeadline*> heap_;  // binary: the children of i are 2i + 1 and 2i + 2
};

// All precise deadlines of one loop, which it is made for; they have to be gone before it is.
class PreciseDeadlines {
 public:
  explicit PreciseDeadlines(net::Loop& loop) : loop_(loop), timer_(loop, this, on_timer) {}

 private:
  friend class PreciseDeadline;
  static void on_timer(void* self);
  void run();
  void arm();

  net::Loop& loop_;
  PreciseTimer timer_;
  DeadlineHeap heap_;
  bool running_ = false;
};

// One deadline of its owner: calls back once, never early. It may be set again, cleared and destroyed from
// inside the callback.
class PreciseDeadline {
 public:
  using Callback = void (*)(void* owner);

  PreciseDeadline(PreciseDeadlines& all, void* owner, Callback callback)
      : all_(all), owner_(owner), callback_(callback) {}
  ~PreciseDeadline() { clear(); }
  PreciseDeadline(const PreciseDeadline&) = delete;
  PreciseDeadline& operator=(const PreciseDeadline&) = delete;

  void set(base::Instant at);
  void clear();
  // kNever: not set.
  base::Instant at() const { return at_; }

 private:
  friend class DeadlineHeap;
  friend class PreciseDeadlines;

  PreciseDeadlines& all_;
  void* owner_;
  Callback callback_;
  base::Instant at_ = base::kNever;
  std::size_t place_ = 0;  // in the heap, while it is set
};

}  // namespace weir::bench
