#include <algorithm>

#include "config/files.h"
#include "config/keys/value.h"

namespace weir::config {
namespace {

bool joins_by_name(const Node& key) { return key.text == "listeners" || key.text == "target_groups"; }

Entry* entry_of(Node& map, const std::string& key) {
  const auto found = std::ranges::find(map.entries, key, [](const Entry& entry) { return entry.key->text; });
  return found == map.entries.end() ? nullptr : &*found;
}

}  // namespace

// Puts a file's sections behind those that are there. What then stands twice in the tree is
// reported by whoever reads it, as any repeated key is.
void Files::join(const Node& file) {
  if (root_ == nullptr) {
    root_ = &nodes_.emplace_back(file);
    root_->entries.clear();
  }
  const Value top(report_, options_.environment, file);
  for (const Entry& entry : top.entries("sections").value_or(std::vector<Entry>())) {
    if (file.source != root_->source && entry.key->text == "include") continue;  // reported
    if (!joins_by_name(*entry.key) || entry.value->kind != Node::Kind::map) {
      root_->entries.push_back(entry);
      continue;
    }
    const Value section = top.member(entry);
    const auto items = section.entries("names").value_or(std::vector<Entry>());
    Entry* earlier = entry_of(*root_, entry.key->text);
    const bool first = earlier == nullptr || earlier->value->kind != Node::Kind::map;
    Node& joined = nodes_.emplace_back(first ? *entry.value : *earlier->value);
    if (first) {
      joined.entries = items;
      root_->entries.push_back({.key = entry.key, .value = &joined});
    } else {
      joined.entries.insert(joined.entries.end(), items.begin(), items.end());
      earlier->value = &joined;
    }
  }
}

}  // namespace weir::config
