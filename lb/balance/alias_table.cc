#include "lb/balance/alias_table.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace weir::balance {

// In whole numbers: each place has weight x n to give away, each cell takes the sum of the weights.
AliasTable::AliasTable(std::span<const std::uint32_t> weights) : size_(weights.size()) {
  if (std::ranges::adjacent_find(weights, std::not_equal_to<>()) == weights.end()) return;
  const std::uint64_t total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  std::vector<std::uint64_t> left(size_);
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::uint32_t i = 0; i < size_; ++i) {
    left[i] = weights[i] * size_;
    (left[i] < total ? small : large).push_back(i);
  }
  cells_.resize(size_);
  while (!small.empty() && !large.empty()) {
    const std::uint32_t poor = small.back();
    const std::uint32_t rich = large.back();
    small.pop_back();
    const double part = static_cast<double>(left[poor]) / static_cast<double>(total);
    cells_[poor] = {static_cast<std::uint32_t>(std::min(part * 0x1p32, 0x1p32 - 1)), rich};
    left[rich] -= total - left[poor];
    if (left[rich] < total) {
      large.pop_back();
      small.push_back(rich);
    }
  }
  for (const std::uint32_t i : large) cells_[i] = {0xffffffff, i};
  for (const std::uint32_t i : small) cells_[i] = {0xffffffff, i};
}

}  // namespace weir::balance
