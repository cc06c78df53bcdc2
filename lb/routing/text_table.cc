#include "lb/routing/text_table.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>

namespace weir::routing {
namespace {

std::uint32_t hash_of(std::uint32_t scope, std::string_view text) {
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(text.data(), text.size(), scope));
}

}  // namespace

TextTable::TextTable(const std::vector<Entry>& entries) {
  if (entries.empty()) return;
  slots_.resize(std::bit_ceil(2 * entries.size()));
  const std::size_t mask = slots_.size() - 1;
  for (const Entry& entry : entries) {
    const std::uint32_t hash = hash_of(entry.scope, entry.text);
    std::size_t slot = hash & mask;
    while (slots_[slot].at != kFree) slot = (slot + 1) & mask;
    slots_[slot] = {hash, entry.value, entry.scope, static_cast<std::uint32_t>(entry.text.size()),
                    texts_.size()};
    texts_ += entry.text;
  }
}

std::optional<std::uint32_t> TextTable::find(std::uint32_t scope, std::string_view text) const {
  if (slots_.empty()) return std::nullopt;
  const std::size_t mask = slots_.size() - 1;
  const std::uint32_t hash = hash_of(scope, text);
  for (std::size_t at = hash & mask; slots_[at].at != kFree; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.hash != hash || slot.scope != scope || slot.size != text.size()) continue;
    if (text == std::string_view(texts_).substr(slot.at, slot.size)) return slot.value;
  }
  return std::nullopt;
}

}  // namespace weir::routing
