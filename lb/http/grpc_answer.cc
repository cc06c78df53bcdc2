#include "lb/http/grpc_answer.h"

#include <fmt/format.h>

namespace weir::http {

void write_grpc_answer(GrpcStatus status, std::string_view message, OutgoingResponse& head) {
  head.status = 200;
  head.reason = {};
  head.body = {};
  head.keep_alive = true;
  head.fields.clear();
  head.fields.add(FieldId::content_type, "Content-Type", kGrpcContentType);
  head.fields.add("Grpc-Status", fmt::format("{}", static_cast<unsigned>(status)));
  if (!message.empty()) head.fields.add("Grpc-Message", encode_grpc_message(message));
}

}  // namespace weir::http
