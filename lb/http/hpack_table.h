#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lb/http/hpack_field.h"

// The tables of HPACK as a decoder has them (RFC 7541 2.3, Appendix A): the static one, and the dynamic one
// of a connection, which takes memory only as it fills.
namespace weir::http {

inline constexpr std::uint64_t kHpackStaticFields = 61;

class HpackTable {
 public:
  static constexpr std::uint32_t kMostSize = 4096;  // SETTINGS_HEADER_TABLE_SIZE of weir, the initial value
  static constexpr std::uint32_t kEntryOverhead = 32;

  // False: no such index. The views live until the next change.
  bool find(std::uint64_t index, HpackField& field) const;
  // Puts a field in front and moves its views here, if it fits: else the table is emptied (RFC 7541 4.4). The
  // views are of nothing in here.
  void add(HpackField& field);
  // At most kMostSize.
  void set_capacity(std::uint32_t capacity);

 private:
  struct Entry {
    std::uint16_t at;  // of the name; the value follows
    std::uint16_t name_size;
    std::uint16_t value_size;
    FieldId id;
    H2Pseudo pseudo : 6;
    bool good_name : 1;
    bool good_value : 1;
  };

  std::uint32_t count() const { return static_cast<std::uint32_t>(entries_.size()) - oldest_; }
  static std::uint32_t size_of(const Entry& entry) {
    return std::uint32_t{entry.name_size} + entry.value_size + kEntryOverhead;
  }
  void evict_to(std::uint32_t size);
  void make_room(std::size_t bytes);

  // Oldest first; those that are gone and their bytes stay in front until room is needed.
  std::vector<Entry> entries_;
  std::string bytes_;
  std::uint32_t oldest_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = kMostSize;
};

}  // namespace weir::http
