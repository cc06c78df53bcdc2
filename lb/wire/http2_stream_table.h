#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace weir::wire {

class Http2Stream;

// The open streams of a connection, by id. Ids only grow, so new ones are appended.
class Http2StreamTable {
 public:
  struct Entry {
    std::uint32_t id;
    Http2Stream* stream;
  };

  Http2Stream* find(std::uint32_t id) const {
    const auto at = std::ranges::lower_bound(entries_, id, {}, &Entry::id);
    return at != entries_.end() && at->id == id ? at->stream : nullptr;
  }
  void add(std::uint32_t id, Http2Stream& stream) { entries_.push_back({id, &stream}); }
  void remove(std::uint32_t id) {
    const auto at = std::ranges::lower_bound(entries_, id, {}, &Entry::id);
    if (at != entries_.end() && at->id == id) entries_.erase(at);
    if (entries_.empty() && entries_.capacity() > kKeep) std::vector<Entry>().swap(entries_);
  }

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  static constexpr std::size_t kKeep = 8;  // an idle connection has no need of more
  std::vector<Entry> entries_;
};

// The streams that weir reset last, as many as the peer may have had open at once: what it sent on them
// before it knew is ignored (RFC 9113 5.1).
class Http2ResetStreams {
 public:
  // `most`: at least 1.
  void add(std::uint32_t id, std::size_t most) {
    if (ids_.size() < most) return ids_.push_back(id);
    ids_[next_++ % ids_.size()] = id;
  }
  bool has(std::uint32_t id) const { return std::ranges::find(ids_, id) != ids_.end(); }

 private:
  std::vector<std::uint32_t> ids_;
  std::size_t next_ = 0;
};

}  // namespace weir::wire
