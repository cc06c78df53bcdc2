#pragma once

#include <cstdint>
#include <string_view>

#include "lb/http/field_id.h"

// A field as it comes out of a header block, with what can be said of it without its message, so that the
// tables of HPACK say it once for all the messages that use them.
namespace weir::http {

// The pattern of a field that stands in a table (RFC 7541 6.1).
inline constexpr std::uint8_t kHpackIndexed = 0x80;

enum class H2Pseudo : std::uint8_t {
  none,  // a regular field
  authority,
  method,
  path,
  protocol,
  scheme,
  status,
  unknown,  // begins with a colon
};

struct HpackField {
  std::string_view name;
  std::string_view value;
  FieldId id = FieldId::other;
  H2Pseudo pseudo = H2Pseudo::none;
  bool good_name = false;   // of a regular field: a token in lower case (RFC 9113 8.2.1)
  bool good_value = false;  // no control characters but tab, no white space around it
};

// Make the other members those of the name or the value.
void judge_name(HpackField& field);
void judge_value(HpackField& field);

}  // namespace weir::http
