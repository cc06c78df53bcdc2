#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

namespace weir::config {

// Listeners or target groups by name, for as long as their list lives.
template <class Item>
class Named {
 public:
  explicit Named(const std::vector<Item>& items) {
    for (const Item& item : items) names_.emplace(item.name, &item);
  }
  const Item* find(std::string_view name) const {
    const auto found = names_.find(name);
    return found == names_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<std::string_view, const Item*> names_;
};

// Whether those that both lists have stand in the same order in them.
template <class Item>
bool same_order(const std::vector<Item>& before, const std::vector<Item>& after,
                const Named<Item>& before_names, const Named<Item>& after_names) {
  auto next = after.begin();
  for (const Item& item : before) {
    if (after_names.find(item.name) == nullptr) continue;
    while (before_names.find(next->name) == nullptr) ++next;
    if (next->name != item.name) return false;
    ++next;
  }
  return true;
}

}  // namespace weir::config
