#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace weir::routing {

// From which end texts are read.
enum class Reading : std::uint8_t { forward, backward };

constexpr char character(std::string_view text, std::size_t at, Reading reading) {
  return reading == Reading::forward ? text[at] : text[text.size() - 1 - at];
}

// Compressed tries in one block: each has a root and tells all of its keys that a text begins with (or ends
// with, if it is read backward). A walk takes time linear in the longest key that fits, however many keys
// there are. Any thread, once it has been built.
template <Reading Order>
class PrefixTrie {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Key {
    std::string_view text;
    std::uint32_t value = 0;  // not kNone
  };

  // Builds one of the tries and returns its root. No text is there twice; the keys are sorted, as they are
  // read (see sort).
  std::uint32_t add(const std::vector<Key>& keys);
  static bool is_before(std::string_view a, std::string_view b);

  // Calls `each` with the values of all keys that fit, shorter ones first.
  template <class Each>
  void walk(std::uint32_t root, std::string_view text, Each&& each) const {
    const Node* node = &nodes_[root];
    std::size_t at = 0;
    for (;;) {
      if (node->value != kNone) each(node->value);
      if (at == text.size() || node->count == 0) return;
      const char* const firsts = firsts_.data() + node->children;
      const void* const found = std::memchr(firsts, character(text, at, Order), node->count);
      if (found == nullptr) return;
      node = &nodes_[node->children + static_cast<std::size_t>(static_cast<const char*>(found) - firsts)];
      if (!has_label(*node, text, ++at)) return;
      at += node->label_size;
    }
  }

 private:
  // A node's label is what lies between it and its parent; its first character stands in firsts_.
  struct Node {
    std::uint32_t label = 0;  // of the rest, in labels_
    std::uint32_t label_size = 0;
    std::uint32_t value = kNone;
    std::uint32_t children = 0;  // the first
    std::uint32_t count = 0;
  };
  // A node whose children have still to be made, from keys that agree in the first `depth` characters.
  struct Open {
    std::uint32_t node;
    std::size_t begin;
    std::size_t end;
    std::size_t depth;
  };

  bool has_label(const Node& node, std::string_view text, std::size_t at) const {
    if (text.size() - at < node.label_size) return false;
    for (std::size_t i = 0; i < node.label_size; ++i) {
      if (character(text, at + i, Order) != labels_[node.label + i]) return false;
    }
    return true;
  }
  void make_children(const std::vector<Key>& keys, const Open& open, std::vector<Open>& queue);
  Open make_child(const std::vector<Key>& keys, std::size_t begin, std::size_t end, std::size_t depth);

  std::vector<Node> nodes_;
  std::string firsts_;  // of nodes_
  std::string labels_;
};

extern template class PrefixTrie<Reading::forward>;
extern template class PrefixTrie<Reading::backward>;

}  // namespace weir::routing
