#pragma once

#include <cstdint>
#include <string_view>

#include "lb/http/head.h"
#include "lb/http/limits.h"

// The fast way through a head: one that has arrived whole and has nothing unusual, which nearly all
// have. It takes a strict subset of what llhttp takes and decides nothing else: whatever it does not
// take is llhttp's to read or to refuse.
namespace weir::http {

// A start line in views into the input.
struct RequestLine {
  Method method = Method::get;
  std::string_view method_text;
  std::string_view target;  // in origin form
  std::uint8_t version_minor = 1;
};
struct StatusLine {
  std::uint16_t status = 200;
  std::string_view reason;
  std::uint8_t version_minor = 1;
};

// The size of the head at the front of `input`; 0 if it is not whole or not plain, and then `fields`
// is empty. There is at most one Content-Length, of digits only, or one Transfer-Encoding, "chunked".
std::size_t scan_plain_head(std::string_view input, const ParserLimits& limits, RequestLine& line,
                            FieldList& fields);
std::size_t scan_plain_head(std::string_view input, const ParserLimits& limits, StatusLine& line,
                            FieldList& fields);

}  // namespace weir::http
