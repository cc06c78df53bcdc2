#pragma once

#include <string_view>

#include "lb/http/grpc_status.h"
#include "lb/http/head.h"

namespace weir::http {

// An answer of weir's own to a gRPC call: a head without content, whose fields are what the trailers would be
// ("Trailers-Only"). The status of HTTP is 200, so that gRPC reads on. Sets all parts of `head`; more fields
// can be added. `message` may be any bytes; it is written encoded, and not at all if empty.
void write_grpc_answer(GrpcStatus status, std::string_view message, OutgoingResponse& head);

}  // namespace weir::http
