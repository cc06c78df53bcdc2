#include "lb/http/grpc_answer.h"

#include <doctest/doctest.h>

#include <string>

namespace weir::http {

TEST_CASE("an answer to a call is a head alone, which says how the call ended") {
  OutgoingResponse head;
  head.status = 503;
  head.reason = "left over";
  head.body = {Body::Kind::length, 5};
  head.keep_alive = false;
  head.fields.add("X-Left", "over");
  write_grpc_answer(GrpcStatus::unavailable, "no_target", head);
  CHECK(head.status == 200);
  CHECK(head.reason.empty());
  CHECK(head.body == Body{});
  CHECK(head.keep_alive);
  CHECK(head.fields.lines() ==
        "Content-Type: application/grpc\r\nGrpc-Status: 14\r\nGrpc-Message: no_target\r\n");
  CHECK(head.fields.find("grpc-status") == "14");
  CHECK(head.fields.find(FieldId::content_type) == "application/grpc");
}

TEST_CASE("the message of an answer to a call is encoded, and left out if there is none") {
  OutgoingResponse head;
  write_grpc_answer(GrpcStatus::internal, "bad\r\nX: y", head);
  CHECK(head.fields.find("grpc-message") == "bad%0D%0AX: y");
  write_grpc_answer(GrpcStatus::deadline_exceeded, "", head);
  CHECK(head.fields.lines() == "Content-Type: application/grpc\r\nGrpc-Status: 4\r\n");
}

}  // namespace weir::http
