#pragma once

#include <algorithm>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

// Numbers that one thread writes and any thread reads. A write is a load and a store, both relaxed:
// plain moves, no locked instruction. Two writers would lose counts, so there is one instance per worker,
// and whoever wants the whole adds them up.
namespace weir::observe {

// Never goes back.
class Counter {
 public:
  void add(std::uint64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void add(std::int64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  void subtract(std::int64_t by = 1) { add(-by); }
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// One counter per word of a fixed list, addressed by the word's place in the list: an enum of the code
// that counts. What lies outside the list is counted under "other".
class WordCounters {
 public:
  using Words = std::span<const std::string_view>;  // constants: they outlive every user

  explicit WordCounters(Words words)
      : size_(words.size()), counters_(std::make_unique<Counter[]>(words.size() + 1)) {}

  template <class Index>
    requires std::is_enum_v<Index> || std::is_integral_v<Index>
  void add(Index index, std::uint64_t by = 1) {
    const auto place = static_cast<std::size_t>(index);
    counters_[place < size_ ? place : size_].add(by);
  }

  // The words' counts in their order, and behind them that of "other".
  std::vector<std::uint64_t> values() const {
    std::vector<std::uint64_t> result;
    result.reserve(size_ + 1);
    for (std::size_t i = 0; i <= size_; ++i) result.push_back(counters_[i].value());
    return result;
  }

 private:
  std::size_t size_;
  std::unique_ptr<Counter[]> counters_;
};

struct WordPair {
  std::string_view first;
  std::string_view second;
  auto operator<=>(const WordPair&) const = default;
};

// One counter per pair of words of two such lists.
class WordPairCounters {
 public:
  using Words = WordCounters::Words;

  WordPairCounters(Words first, Words second)
      : rows_(first.size() + 1),
        columns_(second.size() + 1),
        counters_(std::make_unique<Counter[]>(rows_ * columns_)) {}

  template <class First, class Second>
  void add(First first, Second second) {
    const auto row = static_cast<std::size_t>(first);
    const auto column = static_cast<std::size_t>(second);
    counters_[std::min(row, rows_ - 1) * columns_ + std::min(column, columns_ - 1)].add();
  }

  // Row by row: the second words of each of the first. The last row and the last column are "other".
  std::vector<std::uint64_t> values() const {
    std::vector<std::uint64_t> result;
    result.reserve(rows_ * columns_);
    for (std::size_t i = 0; i < rows_ * columns_; ++i) result.push_back(counters_[i].value());
    return result;
  }

 private:
  std::size_t rows_;
  std::size_t columns_;
  std::unique_ptr<Counter[]> counters_;
};

}  // namespace weir::observe
