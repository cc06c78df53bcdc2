#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace weir::bench::compare {

// Everyone once a round, beginning with another one each time: who runs first after a pause, or last while
// the machine warms up, is not always the same.
template <class Item>
std::vector<Item> rotated(std::vector<Item> items, std::size_t round) {
  if (items.empty()) return items;
  std::vector<Item> result;
  for (std::size_t i = 0; i < items.size(); ++i) {
    result.push_back(std::move(items[(i + round) % items.size()]));
  }
  return result;
}

}  // namespace weir::bench::compare
