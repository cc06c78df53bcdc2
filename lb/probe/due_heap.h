#pragma once

#include <cstddef>
#include <vector>

#include "lb/base/clock.h"

namespace weir::probe {

// Something with a time, which knows where it stands in its heap. In at most one; out of it before it dies.
class Due {
 public:
  Due() = default;
  Due(const Due&) = delete;
  Due& operator=(const Due&) = delete;

  bool waits() const { return place_ != kNowhere; }

 protected:
  ~Due() = default;

 private:
  friend class DueHeap;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
  std::size_t place_ = kNowhere;
};

// Who is due first: a binary heap whose entries may be moved and removed wherever they are, in O(log n), and
// which allocates only to grow. Times are kept beside the pointers, so that looking for a place does not
// touch the entries.
class DueHeap {
 public:
  bool empty() const { return heap_.empty(); }
  base::Instant first_at() const { return heap_.front().at; }
  Due& first() const { return *heap_.front().entry; }

  // Also for one that is in it already.
  void set(Due& entry, base::Instant at);
  // Also for one that is not in it.
  void remove(Due& entry);

 private:
  struct Node {
    base::Instant at;
    Due* entry = nullptr;
  };

  void put(std::size_t place, Node node);
  void rise(std::size_t place, Node node);
  void sink(std::size_t place, Node node);

  std::vector<Node> heap_;
};

}  // namespace weir::probe
