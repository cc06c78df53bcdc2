#include "lb/http/connection_options.h"

#include <algorithm>

#include "lb/base/text.h"

namespace weir::http {
namespace {

// More options than any sender has, so that a lookup stays cheap.
constexpr std::size_t kMostOptions = 64;

}  // namespace

ConnectionOptions::ConnectionOptions(const FieldList& fields) {
  if (!fields.has(FieldId::connection)) return;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].id != FieldId::connection || field_id(fields[i].value) != FieldId::other) continue;
    base::for_each_list_element(fields[i].value, [&](std::string_view option) {
      if (option.size() == 5 && base::equals_ignoring_case(option, "close")) return;
      if (field_id(option) != FieldId::other) return;
      if (names_.size() == kMostOptions) {
        all_ = true;
      } else {
        names_.push_back(option);
      }
    });
  }
}

bool ConnectionOptions::removes(std::string_view name) const {
  return all_ || std::ranges::any_of(
                     names_, [&](std::string_view other) { return base::equals_ignoring_case(other, name); });
}

}  // namespace weir::http
