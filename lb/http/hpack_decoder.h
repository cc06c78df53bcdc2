#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lb/http/hpack_field.h"
#include "lb/http/hpack_table.h"

// Header blocks into fields (HPACK, RFC 7541), behind a pull interface. One per connection and direction,
// with the dynamic table; every block of the connection has to pass through it, whatever becomes of its
// fields.
namespace weir::http {

class HpackDecoder {
 public:
  enum class Next : std::uint8_t { field, end, failed };

  // A whole block; it outlives the reading.
  void begin(std::string_view block);
  // The field is valid until the next call. failed: the connection ends with COMPRESSION_ERROR.
  Next next(HpackField& field);

  // A whole block into `reader.take(field)` or `reader.take(name, value)`. False: COMPRESSION_ERROR.
  template <class Reader>
  [[nodiscard]] bool decode(std::string_view block, Reader& reader) {
    begin(block);
    HpackField field;
    while (true) {
      switch (next(field)) {
        case Next::field: give(field, reader); break;
        case Next::end: return true;
        case Next::failed: return false;
      }
    }
  }

 private:
  template <class Reader>
  static void give(const HpackField& field, Reader& reader) {
    if constexpr (requires { reader.take(field); }) {
      reader.take(field);
    } else {
      reader.take(field.name, field.value);
    }
  }

  std::uint8_t first() const { return static_cast<std::uint8_t>(block_[at_]); }
  Next end_block();
  bool resize_tables();
  bool read_literal(HpackField& field, unsigned prefix_bits, bool indexing);
  std::optional<std::uint64_t> read_number(unsigned prefix_bits);
  std::optional<std::string_view> read_text(std::string& decoded);

  HpackTable table_;
  std::string_view block_;
  std::size_t at_ = 0;
  // Of texts that stand neither in the block nor in a table.
  std::string name_;
  std::string value_;
};

}  // namespace weir::http
