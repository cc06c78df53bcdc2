#include "bench/measure/precise_deadline.h"

#include <utility>

namespace weir::bench {

void DeadlineHeap::put(PreciseDeadline& deadline, std::size_t place) {
  heap_[place] = &deadline;
  deadline.place_ = place;
}

void DeadlineHeap::rise(PreciseDeadline& deadline, std::size_t place) {
  while (place != 0) {
    const std::size_t parent = (place - 1) / 2;
    if (heap_[parent]->at_ <= deadline.at_) break;
    put(*heap_[parent], place);
    place = parent;
  }
  put(deadline, place);
}

void DeadlineHeap::sink(PreciseDeadline& deadline, std::size_t place) {
  for (std::size_t child = 2 * place + 1; child < heap_.size(); child = 2 * place + 1) {
    if (child + 1 < heap_.size() && heap_[child + 1]->at_ < heap_[child]->at_) ++child;
    if (deadline.at_ <= heap_[child]->at_) break;
    put(*heap_[child], place);
    place = child;
  }
  put(deadline, place);
}

void DeadlineHeap::add(PreciseDeadline& deadline) {
  heap_.push_back(&deadline);
  rise(deadline, heap_.size() - 1);
}

void DeadlineHeap::remove(PreciseDeadline& deadline) {
  const std::size_t place = deadline.place_;
  PreciseDeadline& last = *heap_.back();
  heap_.pop_back();
  if (&last == &deadline) return;
  sink(last, place);
  if (last.place_ == place) rise(last, place);
}

void PreciseDeadline::set(base::Instant at) {
  clear();
  if (at == base::kNever) return;
  at_ = at;
  all_.heap_.add(*this);
  all_.arm();
}

// The timer stays as it is: should it go off for nothing, it is set for the next one then.
void PreciseDeadline::clear() {
  if (at_ == base::kNever) return;
  all_.heap_.remove(*this);
  at_ = base::kNever;
}

void PreciseDeadlines::arm() {
  if (running_ || heap_.empty()) return;
  const base::Instant first = heap_.first().at_;
  if (first < timer_.at()) timer_.arm(first);
}

void PreciseDeadlines::on_timer(void* self) { static_cast<PreciseDeadlines*>(self)->run(); }

// The time stands still while they run, so one that is set to a later time inside a callback waits its turn;
// one that is set to the present or the past runs at once.
void PreciseDeadlines::run() {
  running_ = true;
  const base::Instant now = loop_.now();
  for (std::size_t most = heap_.size(); most != 0 && !heap_.empty() && heap_.first().at_ <= now; --most) {
    PreciseDeadline& deadline = heap_.first();
    deadline.clear();
    deadline.callback_(deadline.owner_);
  }
  running_ = false;
  arm();
}

}  // namespace weir::bench
