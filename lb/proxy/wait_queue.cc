#include "lb/proxy/wait_queue.h"

namespace weir::proxy {

WaitingCounts::WaitingCounts(unsigned workers)
    : workers_(workers), first_(std::make_unique<First[]>(workers)) {}

bool WaitingCounts::enter(std::uint32_t most) {
  std::uint32_t count = count_.load();
  do {
    if (count >= most) return false;
  } while (!count_.compare_exchange_weak(count, count + 1));
  return true;
}

std::optional<unsigned> WaitingCounts::longest() const {
  std::optional<unsigned> longest;
  base::Instant since = base::kNever;
  for (unsigned worker = 0; worker < workers_; ++worker) {
    const base::Instant its = first_[worker].since.load();
    if (its >= since) continue;
    since = its;
    longest = worker;
  }
  return longest;
}

Waiter::~Waiter() { stop_waiting(); }

void Waiter::stop_waiting() {
  if (queue_ != nullptr) queue_->unlink(*this);
}

WaitQueue::WaitQueue(net::TimerWheel& timers, const model::Queue& settings, WaitingCounts& counts,
                     unsigned worker, observe::GroupCounters& counters)
    : settings_(settings),
      counts_(counts),
      worker_(worker),
      counters_(counters),
      deadline_(timers, this, [](void* self) { static_cast<WaitQueue*>(self)->on_deadline(); }) {}

WaitQueue::~WaitQueue() {
  while (first_ != nullptr) unlink(*first_);
}

void WaitQueue::set(const model::Queue& settings) {
  settings_ = settings;
  first_changed();
}

bool WaitQueue::join(Waiter& waiter, base::Instant now) {
  if (!counts_.enter(settings_.max)) return false;
  counters_.queue_length.add();
  waiter.queue_ = this;
  waiter.since_ = now;
  waiter.previous_ = last_;
  waiter.next_ = nullptr;
  (last_ != nullptr ? last_->next_ : first_) = &waiter;
  last_ = &waiter;
  if (first_ == &waiter) first_changed();
  return true;
}

void WaitQueue::leave(Waiter& waiter, base::Instant now) {
  counters_.queue_wait.observe(now - waiter.since_);
  unlink(waiter);
}

void WaitQueue::unlink(Waiter& waiter) {
  const bool was_first = first_ == &waiter;
  (waiter.previous_ != nullptr ? waiter.previous_->next_ : first_) = waiter.next_;
  (waiter.next_ != nullptr ? waiter.next_->previous_ : last_) = waiter.previous_;
  waiter.queue_ = nullptr;
  counters_.queue_length.subtract();
  if (was_first) first_changed();
  counts_.leave();
}

void WaitQueue::first_changed() {
  const base::Instant since = first_ != nullptr ? first_->since_ : base::kNever;
  counts_.set_first(worker_, since);
  deadline_.set(first_ != nullptr ? since + settings_.timeout : base::kNever);
}

void WaitQueue::on_deadline() {
  if (first_ != nullptr) dismiss(*first_, wire::Reason::queue_timeout);
}

void WaitQueue::dissolve() {
  while (first_ != nullptr) dismiss(*first_, wire::Reason::no_target);
}

void WaitQueue::dismiss(Waiter& waiter, wire::Reason why) {
  unlink(waiter);
  waiter.on_wait_in_vain(why);
}

}  // namespace weir::proxy
