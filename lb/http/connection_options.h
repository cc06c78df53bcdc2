#pragma once

#include <string_view>
#include <vector>

#include "lb/http/head.h"

namespace weir::http {

// The fields that Connection names, which end at this hop (RFC 9110 7.6.1). Only fields without a
// FieldId can be removed in this way: a client must not strip Host, X-Forwarded-For, Cookie and the
// like from what a target sees. Of a message with too many names to look at, all those fields are removed.
// Views into the fields that it was made from.
class ConnectionOptions {
 public:
  explicit ConnectionOptions(const FieldList& fields);
  bool removes(std::string_view name) const;

 private:
  std::vector<std::string_view> names_;
  bool all_ = false;
};

}  // namespace weir::http
