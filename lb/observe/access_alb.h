#pragma once

#include <string>

#include "lb/observe/access_record.h"
#include "lb/observe/access_time.h"

namespace weir::observe {

// Appends a line as ALB writes its access log, so that what reads those reads these: the same fields in the
// same order, `-` for what weir does not have. No field holds a quote, whatever the bytes are.
void append_alb(std::string& out, const AccessRecord& record, AccessTime& time);

}  // namespace weir::observe
