#pragma once

#include "lb/http/head.h"
#include "lb/http/problem.h"

// What the fields of a head say about the end of the message and of the connection (RFC 9112 6, 9).
namespace weir::http {

// Transfer-Encoding must be "chunked" and nothing else. Call it only if the field is there.
Problem check_transfer_encoding(const FieldList& fields);

// The one Content-Length; none if there is no such field. llhttp has refused repeated ones.
struct ContentLength {
  Problem problem = Problem::none;
  std::uint64_t value = 0;
};
ContentLength read_content_length(const FieldList& fields);

// Whether the sender lets the connection live on after this message (RFC 9112 9.3).
bool read_keep_alive(const FieldList& fields, unsigned version_minor);

// Whether a comma separated list field has this element, in any of its lines; case does not matter.
bool list_has(const FieldList& fields, FieldId id, std::string_view element);

}  // namespace weir::http
