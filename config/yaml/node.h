#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "config/yaml/source.h"

// A YAML document as a tree of our own: it keeps what the reader must know and yaml-cpp's own tree
// forgets (repeated keys, quotes, aliases), with an offset into the file for each piece.
namespace weir::config {

struct Node;

struct Entry {
  const Node* key;
  const Node* value;
};

// An alias is a second pointer to the node that it names, never a copy; no node contains itself.
struct Node {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  bool quoted = false;
  const Source* source = nullptr;
  std::size_t offset = 0;   // of its first byte
  std::size_t length = 0;   // of what a caret should underline
  std::size_t content = 0;  // offset of a scalar's text when it stands in the file as it is, else 0
  std::string text;         // of a scalar
  std::vector<const Node*> items;
  std::vector<Entry> entries;  // in the order of the file; `<<` and repeated keys included
  std::uint32_t height = 1;    // levels of the tree below and with this node
  std::uint64_t size = 1;      // nodes of that tree, aliases counted as if copied
};

// Owns nodes; their addresses stay.
using NodeStore = std::deque<Node>;

}  // namespace weir::config
