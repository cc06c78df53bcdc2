#pragma once

#include <cstdint>
#include <string>

#include "lb/http/message_parser.h"

namespace weir::http {

// The trailer section of one chunked message while it is read, and after.
struct MessageParser::Trailers {
  FieldList fields;
  std::string name;
  std::string value;
  std::uint64_t size = 0;
};

}  // namespace weir::http
