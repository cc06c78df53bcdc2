#pragma once

#include "lb/http/head.h"

// A response with somebody's cookie must not be given to others by a shared cache (RFC 9111 7.3). Where weir
// adds its cookie and the target has not seen to that, Cache-Control is changed: `private` comes first,
// `public` and `s-maxage` go, all else stays as it was, what cannot be read included.
namespace weir::sticky {

// Whether the response has `private` or `no-store`, without an argument: `private="field"` is about that
// field alone.
bool is_private(const http::FieldList& response);

// Adds to `outgoing` what the Cache-Control fields of `response` become: instead of copies of them.
void add_private(const http::FieldList& response, http::FieldList& outgoing);

}  // namespace weir::sticky
