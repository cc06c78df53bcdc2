#include "lb/wire/turn.h"

#include <algorithm>
#include <utility>

namespace weir::wire {

Flushable::~Flushable() {
  if (turn_ != nullptr) std::ranges::replace(turn_->dirty_, this, nullptr);
}

Turn::Turn(net::Loop& loop) : loop_(loop), read_buffer_(std::make_unique_for_overwrite<char[]>(kReadBytes)) {
  scratch_.reserve(kScratchBytes);
}

Turn::~Turn() {
  if (end_is_due_) loop_.settle();
}

void Turn::leave() {
  const bool full = dirty_.size() >= kMostConnections || scratch_.size() > kScratchBytes / 2;
  if (ends_with_event_ || full) return end();
  if (end_is_due_ || (dirty_.empty() && kept_.empty())) return;
  end_is_due_ = true;
  loop_.defer([this] {
    end_is_due_ = false;
    const Scope scope(*this);
    ends_with_event_ = true;
  });
}

void Turn::flush_later(Flushable& connection) {
  if (connection.turn_ != nullptr) return;
  connection.turn_ = this;
  dirty_.push_back(&connection);
}

void Turn::end() {
  // Flushing may make more connections dirty: a finished answer lets the next request begin.
  std::size_t next = 0;
  while (next < dirty_.size()) {
    Flushable* const connection = std::exchange(dirty_[next++], nullptr);
    if (connection == nullptr) continue;
    connection->turn_ = nullptr;
    connection->flush();
  }
  dirty_.clear();
  ends_with_event_ = false;
  scratch_.clear();
  if (!kept_.empty()) kept_.clear();
}

}  // namespace weir::wire
