#pragma once

#include <memory>
#include <vector>

#include "lb/net/loop.h"
#include "lb/wire/turn.h"

namespace weir::wire {

// Objects that are needed again and again, kept with the memory that they hold: T has recycle().
template <class T>
class FreeList {
 public:
  template <class... Args>
  std::unique_ptr<T> take(Args&&... args) {
    if (idle_.empty()) return std::make_unique<T>(std::forward<Args>(args)...);
    std::unique_ptr<T> object = std::move(idle_.back());
    idle_.pop_back();
    return object;
  }
  void give_back(std::unique_ptr<T> object) {
    if (idle_.size() >= kMost) return;
    object->recycle();
    idle_.push_back(std::move(object));
  }

 private:
  static constexpr std::size_t kMost = 256;
  std::vector<std::unique_ptr<T>> idle_;
};

// What all connections of one loop share. Outlives them.
struct Context {
  explicit Context(net::Loop& its_loop) : loop(its_loop), turn(its_loop) {}
  net::Loop& loop;
  Turn turn;
};

}  // namespace weir::wire
