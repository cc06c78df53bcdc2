#include "lb/http/hpack_field.h"

#include <algorithm>
#include <array>

#include "lb/http/syntax.h"

namespace weir::http {
namespace {

constexpr std::array<bool, 256> kNameCharacters = [] {
  std::array<bool, 256> allowed = kTokenCharacters;
  for (unsigned c = 'A'; c <= 'Z'; ++c) allowed[c] = false;
  return allowed;
}();

bool is_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return kNameCharacters[static_cast<unsigned char>(c)]; });
}

H2Pseudo pseudo_of(std::string_view name) {
  if (name == ":path") return H2Pseudo::path;
  if (name == ":method") return H2Pseudo::method;
  if (name == ":scheme") return H2Pseudo::scheme;
  if (name == ":authority") return H2Pseudo::authority;
  if (name == ":status") return H2Pseudo::status;
  return name == ":protocol" ? H2Pseudo::protocol : H2Pseudo::unknown;
}

}  // namespace

void judge_name(HpackField& field) {
  if (field.name.starts_with(':')) {
    field.pseudo = pseudo_of(field.name);
    field.id = FieldId::other;
    field.good_name = false;
    return;
  }
  field.pseudo = H2Pseudo::none;
  field.good_name = is_name(field.name);
  field.id = field.good_name ? field_id(field.name) : FieldId::other;
}

void judge_value(HpackField& field) {
  const std::string_view value = field.value;
  field.good_value =
      value.empty() || (!is_blank(value.front()) && !is_blank(value.back()) && is_field_value(value));
}

}  // namespace weir::http
