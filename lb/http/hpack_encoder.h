#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lb/http/head.h"

// Fields into a header block (HPACK, RFC 7541), without state: names and values of the static table where
// they are in it, else literals that enter no table, without Huffman coding. So the table size that a peer
// allows does not matter. What weir knows to be secret is marked as never to be indexed (RFC 7541 7.1.3).
namespace weir::http {

// Writes into room that is known to suffice.
class HpackPen {
 public:
  explicit HpackPen(char* at) : at_(at) {}

  // What a field takes at most.
  static constexpr std::size_t room(std::size_t name, std::size_t value) { return name + value + 12; }
  static constexpr std::size_t kStatusRoom = 5;

  void status(unsigned status);  // 3 digits
  void method(std::string_view method);
  void scheme(std::string_view scheme);
  void path(std::string_view path);
  void authority(std::string_view authority);
  void pseudo(std::string_view name, std::string_view value);  // any other, with its colon
  // The name in any case; it is written in lower case.
  void field(FieldId id, std::string_view name, std::string_view value);
  void content_length(std::uint64_t length);

  char* end() const { return at_; }

 private:
  void literal(std::uint8_t static_name, std::string_view value);
  void number(std::uint8_t pattern, unsigned prefix_bits, std::size_t value);
  void text(std::string_view text);

  char* at_;
};

// What all fields of a list take at most.
inline std::size_t room_for(const FieldList& fields) {
  return fields.lines().size() + HpackPen::room(0, 0) * fields.size();
}

// Appends what `write(pen)` puts down, at most `most` bytes.
template <class Write>
void append_hpack(std::string& out, std::size_t most, Write&& write) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + most, [&](char* data, std::size_t) {
    HpackPen pen(data + before);
    write(pen);
    return static_cast<std::size_t>(pen.end() - data);
  });
}

}  // namespace weir::http
