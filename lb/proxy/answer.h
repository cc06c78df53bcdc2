#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lb/http/grpc_status.h"
#include "lb/http/head.h"
#include "lb/wire/failure.h"

namespace weir::proxy {

// An answer of weir's own, in place of a target's. One to a gRPC call is a head alone, with the HTTP status
// 200.
struct Answer {
  wire::Failure failure;
  std::optional<http::GrpcStatus> grpc_status = {};  // of an answer to a gRPC call; absent: it is none
  std::string_view server_name;
  std::string_view date;
  std::string_view request_id = {};  // empty: none is given
  bool json = false;                 // the client prefers it
  std::string hint = {};             // what it may do about it, for people; empty: nothing
};

// Writes its head and its body. The head has views of the answer's parts.
void write_answer(const Answer& answer, http::OutgoingResponse& head, std::string& body);

}  // namespace weir::proxy
