#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::routing {

// Names with their values, as they stand in a query or in Cookie fields, in order; found by name in constant
// time, however many there are. One request's; the memory is kept for the next one. One thread.
//
// The texts of cookies are parts of what was added, those of queries of an own buffer.
class NamedValues {
 public:
  // The seed is random, so that nobody can choose names that all meet in one place.
  explicit NamedValues(std::uint64_t seed) : seed_(seed) {}

  // Names in lower case, both sides percent-decoded, with + as a space.
  void add_query(std::string_view query);
  // A Cookie field; names and values as they are.
  void add_cookies(std::string_view field);
  // After the last add.
  void finish();
  void clear();

  std::size_t size() const { return entries_.size(); }
  std::string_view name(std::size_t index) const { return entries_[index].name; }
  std::string_view value(std::size_t index) const { return entries_[index].value; }
  // The first of this name, and the next of the same; absent: there is none.
  std::optional<std::size_t> first(std::string_view name) const;
  std::optional<std::size_t> next(std::size_t index) const;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Entry {
    std::string_view name;
    std::string_view value;
    std::uint32_t hash;
    std::uint32_t next;  // of the same name
    std::uint32_t last;  // of the same name: kept by the first
  };

  std::string_view decode(std::string_view text, bool lower);
  std::uint32_t hash_of(std::string_view name) const;
  std::size_t slot_of(std::string_view name, std::uint32_t hash) const;

  std::uint64_t seed_;
  std::string decoded_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // the first of each name, in the first free slot from its hash on
};

}  // namespace weir::routing
