#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lb/base/random.h"

namespace weir::balance {

// Weighted round robin by earliest deadline first: of n targets each gets its weight's share, as
// evenly spread in time as can be. A pick is O(log n) and allocates nothing. State of one worker;
// it starts at a random point, so that workers do not move in step.
class RoundRobin {
 public:
  // Targets are known by their place in `weights`; a weight of 0 is never picked.
  RoundRobin(std::span<const std::uint32_t> weights, base::Random& random);

  // Absent if every target with a weight is in `tried`. Those skipped keep their turn.
  std::optional<std::size_t> pick(std::span<const std::size_t> tried);

 private:
  struct Entry {
    double deadline;  // in virtual time; the next pick is the smallest
    double step;      // 1 / weight
    std::size_t index;
  };
  static bool later(const Entry& a, const Entry& b) { return a.deadline > b.deadline; }
  void sink(std::size_t at);

  std::vector<Entry> heap_;
  std::vector<Entry> skipped_;  // empty between picks
};

}  // namespace weir::balance
