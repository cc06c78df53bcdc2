#pragma once

#include "lb/http/head.h"
#include "lb/model/rule.h"
#include "lb/routing/template.h"

namespace weir::routing {

// Removes, sets and adds fields, in this order. False: a value would not be one of a header (a control
// character came in with a variable); `fields` is then unspecified. `spare` lends its memory.
bool edit_fields(const model::FieldEdits& edits, const TemplateValues& values, http::FieldList& fields,
                 http::FieldList& spare);

}  // namespace weir::routing
