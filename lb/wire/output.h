#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lb/net/byte_stream.h"
#include "lb/wire/turn.h"

namespace weir::wire {

// The bytes of an empty buffer that are kept for the next use.
inline constexpr std::size_t kKeepCapacity = 4096;

// The bytes on their way to one stream. Within a turn they are views (large pieces) or stand in the
// turn's scratch (small ones); flush() hands them to the kernel in one call and keeps a copy of
// only what it did not take.
class Output {
 public:
  explicit Output(Turn& turn) : turn_(turn) {}

  // `bytes` stays valid until the turn ends.
  void append(std::string_view bytes);

  // `write(std::string& to)` appends at most `bound` bytes to `to`.
  template <class Write>
  void append_with(std::size_t bound, Write&& write) {
    std::string& scratch = turn_.scratch();
    if (scratch.capacity() - scratch.size() >= bound && has_room()) {
      const std::size_t begin = scratch.size();
      write(scratch);
      add_part(std::string_view(scratch).substr(begin));
    } else {
      settle();
      write(queue_);
    }
  }

  // Everything that waits, the queue first. `done` tells the bytes that left.
  net::IoResult flush(net::ByteStream& stream);

  // Copies what this turn only lent: for bytes that cannot be sent yet.
  void settle();

  // Bytes that wait, in this turn or from earlier ones.
  std::size_t size() const { return queue_.size() - queue_begin_ + parts_bytes_; }
  bool empty() const { return size() == 0; }
  void clear();
  // Gives back the memory of the queue, which is empty.
  void release() { std::string().swap(queue_); }

  // Another one as soon as what append_with() wrote may have moved or gone: until then it may still be
  // changed in place.
  std::uint32_t generation() const { return generation_; }

 private:
  static constexpr std::size_t kBorrowFrom = 2048;  // smaller pieces are copied side by side
  static constexpr std::size_t kParts = 20;

  bool has_room() const { return part_count_ < kParts; }
  void add_part(std::string_view bytes);
  void keep_rest(std::size_t taken);

  Turn& turn_;
  std::string queue_;  // from earlier turns
  std::size_t queue_begin_ = 0;
  std::array<iovec, kParts + 1> parts_{};  // the first is for the queue
  std::size_t part_count_ = 0;
  std::size_t parts_bytes_ = 0;
  std::uint32_t generation_ = 0;
};

}  // namespace weir::wire
