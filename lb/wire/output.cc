#include "lb/wire/output.h"

#include <algorithm>

namespace weir::wire {
void Output::append(std::string_view bytes) {
  if (bytes.empty()) return;
  if (bytes.size() < kBorrowFrom) {
    append_with(bytes.size(), [&](std::string& to) { to.append(bytes); });
    return;
  }
  if (!has_room()) settle();
  turn_.lend();
  add_part(bytes);
}

void Output::add_part(std::string_view bytes) {
  parts_bytes_ += bytes.size();
  if (part_count_ != 0) {
    iovec& last = parts_[part_count_];
    if (static_cast<const char*>(last.iov_base) + last.iov_len == bytes.data()) {
      last.iov_len += bytes.size();
      return;
    }
  }
  parts_[++part_count_] = {const_cast<char*>(bytes.data()), bytes.size()};
}

void Output::settle() {
  ++generation_;
  for (std::size_t i = 1; i <= part_count_; ++i) {
    queue_.append(static_cast<const char*>(parts_[i].iov_base), parts_[i].iov_len);
  }
  part_count_ = 0;
  parts_bytes_ = 0;
}

net::IoResult Output::flush(net::ByteStream& stream) {
  if (empty()) return net::IoResult::done(0);
  const bool queued = queue_.size() > queue_begin_;
  if (queued) parts_[0] = {queue_.data() + queue_begin_, queue_.size() - queue_begin_};
  const std::size_t first = queued ? 0 : 1;
  const net::IoResult result = stream.write({parts_.data() + first, part_count_ + 1 - first});
  keep_rest(result.kind == net::IoResult::Kind::done ? result.bytes : 0);
  return result;
}

void Output::keep_rest(std::size_t taken) {
  ++generation_;
  const std::size_t from_queue = std::min(taken, queue_.size() - queue_begin_);
  queue_begin_ += from_queue;
  taken -= from_queue;
  if (queue_begin_ == queue_.size()) {
    queue_begin_ = 0;
    queue_.clear();
    if (queue_.capacity() > kKeepCapacity) queue_.shrink_to_fit();
  } else if (queue_begin_ > queue_.size() / 2) {
    queue_.erase(0, queue_begin_);
    queue_begin_ = 0;
  }
  if (taken == parts_bytes_) {
    part_count_ = 0;
    parts_bytes_ = 0;
    return;
  }
  for (std::size_t i = 1; taken != 0; ++i) {
    const std::size_t some = std::min(taken, parts_[i].iov_len);
    parts_[i].iov_base = static_cast<char*>(parts_[i].iov_base) + some;
    parts_[i].iov_len -= some;
    taken -= some;
  }
  settle();
}

void Output::clear() {
  ++generation_;
  queue_.clear();
  if (queue_.capacity() > kKeepCapacity) queue_.shrink_to_fit();
  queue_begin_ = part_count_ = parts_bytes_ = 0;
}

}  // namespace weir::wire
