#include "lb/routing/named_values.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>

#include "lb/base/text.h"
#include "lb/routing/percent.h"

namespace weir::routing {
namespace {

constexpr std::size_t kKeptBytes = 8 * 1024;
constexpr std::size_t kKeptEntries = 256;
constexpr std::size_t kLeastSlots = 16;

// Calls `each` with the name and the value of every part that is not empty.
template <class Each>
void for_each_pair(std::string_view list, char separator, Each&& each) {
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(separator, at), list.size());
    const std::string_view pair = list.substr(at, end - at);
    at = end + 1;
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    each(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())));
  }
}

template <class Memory>
void clear_memory(Memory& memory, std::size_t kept) {
  if (memory.capacity() > kept) {
    Memory().swap(memory);
  } else {
    memory.clear();
  }
}

}  // namespace

// What is decoded is never longer than it was: `decoded_` has room and does not move.
std::string_view NamedValues::decode(std::string_view text, bool lower) {
  const std::size_t start = decoded_.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i] == '+' ? ' ' : text[i];
    if (const auto byte = percent_at(text, i)) {
      c = *byte;
      i += 2;
    }
    decoded_ += lower ? base::lower(c) : c;
  }
  return std::string_view(decoded_).substr(start);
}

void NamedValues::add_query(std::string_view query) {
  decoded_.clear();
  decoded_.reserve(query.size());
  for_each_pair(query, '&', [&](std::string_view name, std::string_view value) {
    const std::string_view decoded_name = decode(name, true);
    entries_.push_back({decoded_name, decode(value, false), 0, kNone, kNone});
  });
}

void NamedValues::add_cookies(std::string_view field) {
  for_each_pair(field, ';', [&](std::string_view name, std::string_view value) {
    name = base::trim(name);
    value = base::trim(value);
    if (!name.empty() || !value.empty()) entries_.push_back({name, value, 0, kNone, kNone});
  });
}

std::uint32_t NamedValues::hash_of(std::string_view name) const {
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(name.data(), name.size(), seed_));
}

std::size_t NamedValues::slot_of(std::string_view name, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot] != kNone) {
    const Entry& entry = entries_[slots_[slot]];
    if (entry.hash == hash && entry.name == name) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

void NamedValues::finish() {
  if (entries_.empty()) return;
  slots_.assign(std::max(kLeastSlots, std::bit_ceil(2 * entries_.size())), kNone);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    entry.hash = hash_of(entry.name);
    std::uint32_t& first = slots_[slot_of(entry.name, entry.hash)];
    if (first == kNone) {
      first = i;
      entry.last = i;
    } else {
      entries_[entries_[first].last].next = i;
      entries_[first].last = i;
    }
  }
}

void NamedValues::clear() {
  clear_memory(decoded_, kKeptBytes);
  clear_memory(entries_, kKeptEntries);
  clear_memory(slots_, 4 * kKeptEntries);
}

std::optional<std::size_t> NamedValues::first(std::string_view name) const {
  if (entries_.empty()) return std::nullopt;
  const std::uint32_t index = slots_[slot_of(name, hash_of(name))];
  return index == kNone ? std::nullopt : std::optional<std::size_t>(index);
}

std::optional<std::size_t> NamedValues::next(std::size_t index) const {
  const std::uint32_t next = entries_[index].next;
  return next == kNone ? std::nullopt : std::optional<std::size_t>(next);
}

}  // namespace weir::routing
