#pragma once

#include <string>

#include "lb/model/access_log.h"
#include "lb/observe/access_record.h"
#include "lb/observe/access_time.h"
#include "lb/observe/redaction.h"

namespace weir::observe {

// Turns records into lines. Keeps what consecutive lines have in common; not thread-safe.
class AccessFormatter {
 public:
  void append(std::string& out, const AccessRecord& record, const model::AccessFormat& format = {},
              const Redaction& redaction = Redaction());

 private:
  AccessTime time_;
};

}  // namespace weir::observe
