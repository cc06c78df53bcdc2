#pragma once

#include <string>

#include "lb/observe/access_record.h"
#include "lb/observe/access_time.h"

namespace weir::observe {

// Appends one object as a line, fields always in the same order: strings that are absent are "", a
// target_status that is absent is null. What TLS, a PROXY header or gRPC have to say is left out where there
// is none of it. Valid JSON and UTF-8 whatever the bytes are. Texts of more than
// `longest` bytes are cut.
void append_json(std::string& out, const AccessRecord& record, AccessTime& time, std::size_t longest);

}  // namespace weir::observe
