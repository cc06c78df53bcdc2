#pragma once

#include <string>

#include "config/keys/codec.h"
#include "lb/model/access_log.h"

// The codecs of values that only the log knows.
namespace weir::config {

Codec<std::string> log_output();
// json, alb or a template.
Codec<model::AccessFormat> log_format();
// Of a query parameter or a header.
Codec<std::string> redacted_name();

}  // namespace weir::config
