#include "lb/wire/turn.h"

#include <algorithm>

namespace weir::wire {

Flushable::~Flushable() {
  if (turn_ != nullptr) std::ranges::replace(turn_->dirty_, this, nullptr);
}

Turn::Turn() : read_buffer_(std::make_unique_for_overwrite<char[]>(kReadBytes)) {
  scratch_.reserve(kScratchBytes);
}

void Turn::flush_later(Flushable& connection) {
  if (connection.turn_ != nullptr) return;
  connection.turn_ = this;
  dirty_.push_back(&connection);
}

void Turn::end() {
  // Flushing may make more connections dirty: a finished answer lets the next request begin.
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    Flushable* const connection = dirty_[i];
    if (connection == nullptr) continue;
    dirty_[i] = nullptr;
    connection->turn_ = nullptr;
    connection->flush();
  }
  dirty_.clear();
  scratch_.clear();
  if (!kept_.empty()) kept_.clear();
}

}  // namespace weir::wire
