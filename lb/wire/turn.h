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

// One turn of a worker: from an event of the loop until everything that followed from it has been
// sent. Owns what the turn shares: the read buffer, the scratch bytes that heads are written to, and
// the list of connections to flush. What is read and what is written within a turn goes to the
// kernel in one call, without a copy. One per loop.
class Turn {
 public:
  // Every callback of the loop that may read or send opens one; the outermost flushes at its end.
  class Scope {
   public:
    explicit Scope(Turn& turn) : turn_(turn) { ++turn_.depth_; }
    ~Scope() {
      if (turn_.depth_ == 1) turn_.end();
      --turn_.depth_;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Turn& turn_;
  };

  static constexpr std::size_t kReadBytes = 128 * 1024;
  static constexpr std::size_t kScratchBytes = 64 * 1024;

  Turn();
  bool open() const { return depth_ != 0; }

  // Valid until the turn ends; only the outermost event reads into it.
  std::span<char> read_buffer() { return {read_buffer_.get(), kReadBytes}; }
  // Never grows past its capacity: views into it stay valid until the turn ends.
  std::string& scratch() { return scratch_; }

  // Keeps bytes alive until the turn ends.
  std::string_view keep(std::string bytes) { return kept_.emplace_back(std::move(bytes)); }

  void flush_later(Flushable& connection);

 private:
  friend class Flushable;
  void end();

  std::unique_ptr<char[]> read_buffer_;
  std::string scratch_;
  std::deque<std::string> kept_;
  std::vector<Flushable*> dirty_;  // null: destroyed meanwhile
  int depth_ = 0;
};

}  // namespace weir::wire
