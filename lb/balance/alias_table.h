#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weir::balance {

// Draws places by weight in constant time (Walker's alias method, built as Vose does). Equal weights need no
// table. Immutable.
class AliasTable {
 public:
  AliasTable() = default;
  // No weight is 0.
  explicit AliasTable(std::span<const std::uint32_t> weights);

  bool uniform() const { return cells_.empty(); }

  // `bits`: 64 random ones. There is at least one place.
  std::uint32_t draw(std::uint64_t bits) const {
    const Wide product = static_cast<Wide>(bits) * size_;
    const auto place = static_cast<std::uint32_t>(product >> 64);
    if (uniform()) return place;
    const Cell cell = cells_[place];
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(product) >> 32) < cell.keeps ? place
                                                                                              : cell.alias;
  }
  // Fetches what draw() with the same bits will read.
  void prefetch(std::uint64_t bits) const {
    if (!uniform())
      __builtin_prefetch(&cells_[static_cast<std::size_t>((static_cast<Wide>(bits) * size_) >> 64)]);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  struct Cell {
    std::uint32_t keeps;  // of 2^32
    std::uint32_t alias;  // who gets the rest
  };
  std::uint64_t size_ = 0;
  std::vector<Cell> cells_;
};

}  // namespace weir::balance
