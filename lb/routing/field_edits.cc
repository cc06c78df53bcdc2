#include "lb/routing/field_edits.h"

#include <algorithm>
#include <string>

#include "lb/base/text.h"
#include "lb/http/syntax.h"

namespace weir::routing {
namespace {

// Whether none of the field stays as it came.
bool goes(const model::FieldEdits& edits, std::string_view name) {
  const auto is_it = [&](std::string_view other) { return base::equals_ignoring_case(name, other); };
  return std::ranges::any_of(edits.remove, is_it) ||
         std::ranges::any_of(edits.set, is_it, &model::FieldEdit::name);
}

bool add_all(const std::vector<model::FieldEdit>& edits, const TemplateValues& values, http::FieldList& out) {
  std::string text;
  for (const model::FieldEdit& edit : edits) {
    text.clear();
    expand(edit.value, values, text);
    const std::string_view value = base::trim(text);
    if (!http::is_field_value(value)) return false;
    out.add(edit.name, value);
  }
  return true;
}

}  // namespace

bool edit_fields(const model::FieldEdits& edits, const TemplateValues& values, http::FieldList& fields,
                 http::FieldList& spare) {
  spare.clear();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const http::Field field = fields[i];
    if (!goes(edits, field.name)) spare.add(field.id, field.name, field.value);
  }
  if (!add_all(edits.set, values, spare) || !add_all(edits.add, values, spare)) return false;
  swap(fields, spare);
  return true;
}

}  // namespace weir::routing
