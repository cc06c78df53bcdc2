#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::routing {

// A fixed table from texts to numbers, each text within a scope of its own; a lookup takes constant time.
// Any thread, once it has been built.
class TextTable {
 public:
  struct Entry {
    std::uint32_t scope;
    std::string_view text;  // copied
    std::uint32_t value;
  };

  // No two entries have the same scope and text.
  explicit TextTable(const std::vector<Entry>& entries = {});

  std::optional<std::uint32_t> find(std::uint32_t scope, std::string_view text) const;

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t value = 0;
    std::uint32_t scope = 0;
    std::uint32_t size = 0;
    std::size_t at = kFree;
  };
  static constexpr std::size_t kFree = ~std::size_t{0};

  std::vector<Slot> slots_;
  std::string texts_;
};

}  // namespace weir::routing
