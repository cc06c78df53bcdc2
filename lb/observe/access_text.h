#pragma once

#include <string>

#include "lb/model/access_log.h"
#include "lb/observe/access_record.h"
#include "lb/observe/access_time.h"
#include "lb/observe/redaction.h"

namespace weir::observe {

// Appends a line of a template. A field that is not there is `-`; no field holds a quote or a line break,
// whatever the bytes are.
void append_text(std::string& out, const AccessRecord& record, const model::AccessTemplate& text,
                 const Redaction& redaction, AccessTime& time);

}  // namespace weir::observe
