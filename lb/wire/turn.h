#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lb/net/loop.h"

namespace weir::wire {

// Something with bytes to send when the turn ends.
class Flushable {
 public:
  Flushable() = default;
  Flushable(const Flushable&) = delete;
  Flushable& operator=(const Flushable&) = delete;
  virtual ~Flushable();

 private:
  friend class Turn;
  virtual void flush() = 0;

  class Turn* turn_ = nullptr;  // set while it is on the list
};

// One turn of a worker: from the first event after the loop has waited until everything that followed from it
// and the events behind it has been sent. Owns what the turn shares: the read buffer, the scratch bytes that
// heads and small pieces are written to, and the list of connections to flush. What is written to a
// connection within a turn goes to the kernel in one call, and large pieces without a copy.
//
// All reads come first and then all writes: that keeps the instructions of each in the processor's cache. A
// turn ends early, with the event, when output refers to the read buffer, and when enough connections wait.
// One per loop.
class Turn {
 public:
  // Every callback of the loop that may read or send opens one; the turn ends with the outermost, or later.
  class Scope {
   public:
    explicit Scope(Turn& turn) : turn_(turn) { ++turn_.depth_; }
    ~Scope() {
      if (turn_.depth_ == 1) turn_.leave();
      --turn_.depth_;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Turn& turn_;
  };

  static constexpr std::size_t kReadBytes = 128 * 1024;
  static constexpr std::size_t kScratchBytes = 64 * 1024;
  static constexpr std::size_t kMostConnections = 64;

  explicit Turn(net::Loop& loop);
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  bool open() const { return depth_ != 0; }

  // Valid until the event is over, or the turn if it was lent; only the outermost event reads into it.
  std::span<char> read_buffer() { return {read_buffer_.get(), kReadBytes}; }
  // Never grows past its capacity: views into it stay valid until the turn ends.
  std::string& scratch() { return scratch_; }

  // Keeps bytes alive until the turn ends.
  std::string_view keep(std::string bytes) { return kept_.emplace_back(std::move(bytes)); }

  void flush_later(Flushable& connection);
  // Some output refers to bytes of the read buffer: it is sent before the next event reads.
  void lend() { ends_with_event_ = true; }

 private:
  friend class Flushable;
  void leave();
  void end();

  net::Loop& loop_;
  std::unique_ptr<char[]> read_buffer_;
  std::string scratch_;
  std::deque<std::string> kept_;
  std::vector<Flushable*> dirty_;  // null: destroyed meanwhile
  int depth_ = 0;
  bool ends_with_event_ = false;
  bool end_is_due_ = false;  // deferred to the end of the loop's turn
};

}  // namespace weir::wire
