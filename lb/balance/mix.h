#pragma once

#include <cstdint>

namespace weir::balance {

// Spreads what differs in any bit over all bits (splitmix64's finisher). The same on every node and at every
// start: the places of consistent hashing depend on it.
constexpr std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

// The nth of the numbers that belong to `value`.
constexpr std::uint64_t mix(std::uint64_t value, std::uint64_t nth) {
  return mix(value + (nth + 1) * 0x9E3779B97F4A7C15);
}

}  // namespace weir::balance
