#include "lb/routing/prefix_trie.h"

#include <algorithm>
#include <utility>

namespace weir::routing {

template <Reading Order>
bool PrefixTrie<Order>::is_before(std::string_view a, std::string_view b) {
  if (Order == Reading::forward) return a < b;
  return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend(), [](char x, char y) {
    return static_cast<unsigned char>(x) < static_cast<unsigned char>(y);
  });
}

template <Reading Order>
std::uint32_t PrefixTrie<Order>::add(const std::vector<Key>& keys) {
  const auto root = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back();
  firsts_ += '\0';
  std::vector<Open> queue{{root, 0, keys.size(), 0}};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const Open open = queue[i];
    make_children(keys, open, queue);
  }
  return root;
}

template <Reading Order>
void PrefixTrie<Order>::make_children(const std::vector<Key>& keys, const Open& open,
                                      std::vector<Open>& queue) {
  std::size_t begin = open.begin;
  if (begin < open.end && keys[begin].text.size() == open.depth)
    nodes_[open.node].value = keys[begin++].value;
  nodes_[open.node].children = static_cast<std::uint32_t>(nodes_.size());
  while (begin < open.end) {
    const char first = character(keys[begin].text, open.depth, Order);
    std::size_t end = begin + 1;
    while (end < open.end && character(keys[end].text, open.depth, Order) == first) ++end;
    queue.push_back(make_child(keys, begin, end, open.depth));
    ++nodes_[open.node].count;
    begin = end;
  }
}

// The keys agree in more than `depth` characters; in how many, the first and the last tell.
template <Reading Order>
auto PrefixTrie<Order>::make_child(const std::vector<Key>& keys, std::size_t begin, std::size_t end,
                                   std::size_t depth) -> Open {
  const std::string_view first = keys[begin].text;
  const std::string_view last = keys[end - 1].text;
  const std::size_t most = std::min(first.size(), last.size());
  std::size_t common = depth + 1;
  while (common < most && character(first, common, Order) == character(last, common, Order)) ++common;
  Node node;
  node.label = static_cast<std::uint32_t>(labels_.size());
  node.label_size = static_cast<std::uint32_t>(common - depth - 1);
  for (std::size_t i = depth + 1; i < common; ++i) labels_ += character(first, i, Order);
  firsts_ += character(first, depth, Order);
  nodes_.push_back(node);
  return {static_cast<std::uint32_t>(nodes_.size() - 1), begin, end, common};
}

template class PrefixTrie<Reading::forward>;
template class PrefixTrie<Reading::backward>;

}  // namespace weir::routing
