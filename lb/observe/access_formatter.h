#pragma once

#include <string>

#include "lb/model/access_log.h"
#include "lb/observe/access_record.h"
#include "lb/observe/access_time.h"
#include "lb/observe/json_text.h"
#include "lb/observe/redaction.h"

namespace weir::observe {

// Turns records into lines; texts of JSON are cut at `longest` bytes. Keeps what consecutive lines have in
// common; not thread-safe.
class AccessFormatter {
 public:
  void append(std::string& out, const AccessRecord& record, const model::AccessFormat& format = {},
              const Redaction& redaction = Redaction(), std::size_t longest = kLongestText);

 private:
  AccessTime time_;
};

}  // namespace weir::observe
