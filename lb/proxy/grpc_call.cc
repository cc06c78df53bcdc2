#include "lb/proxy/grpc_call.h"

#include "lb/http/grpc_timeout.h"

namespace weir::proxy {

using http::GrpcStatus;
using wire::Reason;

bool is_grpc_call(const http::RequestHead& request) {
  if (request.method != http::Method::post) return false;
  const auto type = request.fields.find(http::FieldId::content_type);
  return type && http::is_grpc(*type);
}

base::Instant grpc_deadline(const http::RequestHead& request, base::Instant began) {
  const auto value = request.fields.find("grpc-timeout");
  const auto timeout = value ? http::read_grpc_timeout(*value) : std::nullopt;
  return timeout ? began + *timeout : base::kNever;
}

GrpcStatus grpc_status_of(const wire::Failure& failure) {
  if (failure.reason == Reason::deadline_exceeded) return GrpcStatus::deadline_exceeded;
  return http::grpc_status_of_own(wire::status(failure));
}

GrpcEnd end_of_call(const GrpcCourse& course) {
  const auto number = [](GrpcStatus status) { return static_cast<std::uint16_t>(status); };
  const Reason reason = course.failure.reason;
  if (reason == Reason::client_gone || reason == Reason::write_timeout) {
    return {number(GrpcStatus::cancelled), GrpcEnder::client};
  }
  const GrpcEnder by = course.answered && reason == Reason::none ? GrpcEnder::target : GrpcEnder::weir;
  if (course.sent) return {*course.sent, by};
  if (reason == Reason::none) return {number(http::grpc_status_of_answer(course.status)), by};
  // By RST_STREAM with INTERNAL_ERROR, which gRPC takes for this.
  if (course.answered) return {number(GrpcStatus::internal), by};
  return {number(grpc_status_of(course.failure)), by};
}

bool fails_without_5xx(const GrpcCourse& course) {
  if (course.status >= 500) return false;
  if (course.failure.reason == Reason::malformed) return false;  // the client's fault, whatever the status
  if (course.failure.reason != Reason::none) return wire::status(course.failure) >= 500;
  return course.answered && http::is_server_failure(end_of_call(course).status);
}

}  // namespace weir::proxy
