#include "lb/proxy/grpc_call.h"

#include <doctest/doctest.h>

namespace weir::proxy {
namespace {

using http::GrpcStatus;
using http::Method;
using wire::Reason;

http::RequestHead request_of(Method method, std::string_view name, std::string_view value) {
  http::RequestHead head;
  head.method = method;
  head.fields.add(name, value);
  return head;
}

constexpr wire::Failure failure_by(Reason reason) { return {reason, http::Problem::none, 0}; }

}  // namespace

TEST_CASE("a call of gRPC is a POST with its content") {
  const struct {
    Method method;
    const char* name;
    const char* value;
    bool is;
  } rows[] = {
      {Method::post, "content-type", "application/grpc", true},
      {Method::post, "Content-Type", "application/grpc+proto", true},
      {Method::post, "content-type", "application/grpc-web", false},
      {Method::post, "content-type", "application/json", false},
      {Method::post, "accept", "application/grpc", false},
      {Method::put, "content-type", "application/grpc", false},
      {Method::get, "content-type", "application/grpc", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CAPTURE(row.value);
    CHECK(is_grpc_call(request_of(row.method, row.name, row.value)) == row.is);
  }
}

TEST_CASE(
    "a deadline counts from when the call began, and is never without a grpc-timeout that makes sense") {
  const base::Instant began{std::chrono::hours(1)};
  const auto deadline = [&](std::string_view name, std::string_view value) {
    return grpc_deadline(request_of(Method::post, name, value), began);
  };
  CHECK(deadline("grpc-timeout", "1500m") == began + std::chrono::milliseconds(1500));
  CHECK(deadline("Grpc-Timeout", "2S") == began + std::chrono::seconds(2));
  CHECK(deadline("grpc-timeout", "soon") == base::kNever);
  CHECK(deadline("grpc-timeout", "0S") == base::kNever);
  CHECK(deadline("x", "1S") == base::kNever);
}

TEST_CASE("what weir answers to a call is what its status means to gRPC, and a deadline is one") {
  const struct {
    Reason reason;
    GrpcStatus status;
  } rows[] = {
      {Reason::deadline_exceeded, GrpcStatus::deadline_exceeded},
      {Reason::response_timeout, GrpcStatus::unavailable},
      {Reason::connect_refused, GrpcStatus::unavailable},
      {Reason::no_target, GrpcStatus::unavailable},
      {Reason::queue_full, GrpcStatus::unavailable},
      {Reason::stopping, GrpcStatus::unavailable},
      {Reason::source_denied, GrpcStatus::permission_denied},
      {Reason::body_too_large, GrpcStatus::resource_exhausted},
      {Reason::body_timeout, GrpcStatus::cancelled},
      {Reason::rewrite_invalid, GrpcStatus::internal},
  };
  for (const auto& row : rows) {
    CAPTURE(wire::traits(row.reason).word);
    CHECK(grpc_status_of(failure_by(row.reason)) == row.status);
  }
  CHECK(grpc_status_of({Reason::malformed, http::Problem::via_loop, 0}) == GrpcStatus::internal);
}

TEST_CASE("how a call ends, and by whom") {
  constexpr std::uint16_t kOk = 0, kCancelled = 1, kUnknown = 2, kUnimplemented = 12, kInternal = 13,
                          kUnavailable = 14;
  const struct {
    const char* what;
    GrpcCourse course;
    GrpcEnd end;
  } rows[] = {
      {"a target's trailers", {.sent = kOk}, {kOk, GrpcEnder::target}},
      {"a number without a name", {.sent = 700}, {700, GrpcEnder::target}},
      {"a target that says none", {}, {kUnknown, GrpcEnder::target}},
      {"a target's 503", {.status = 503}, {kUnavailable, GrpcEnder::target}},
      {"weir's own answer",
       {.sent = kUnavailable, .answered = false, .failure = failure_by(Reason::no_target)},
       {kUnavailable, GrpcEnder::weir}},
      {"weir's own answer, in plain HTTP",
       {.status = 400,
        .answered = false,
        .failure = {Reason::malformed, http::Problem::multiple_content_length, 0}},
       {kInternal, GrpcEnder::weir}},
      {"a fixed response", {.status = 404, .answered = false}, {kUnimplemented, GrpcEnder::weir}},
      {"an answer that broke",
       {.failure = failure_by(Reason::response_truncated)},
       {kInternal, GrpcEnder::weir}},
      {"a client that left",
       {.status = 460, .answered = false, .failure = failure_by(Reason::client_gone)},
       {kCancelled, GrpcEnder::client}},
      {"a client that left at the end",
       {.sent = kOk, .failure = failure_by(Reason::client_gone)},
       {kCancelled, GrpcEnder::client}},
      {"a client that takes nothing",
       {.failure = failure_by(Reason::write_timeout)},
       {kCancelled, GrpcEnder::client}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(end_of_call(row.course) == row.end);
  }
}

TEST_CASE("a call fails by its server, and is not counted as a 5xx already") {
  const struct {
    const char* what;
    GrpcCourse course;
    bool fails;
  } rows[] = {
      {"OK", {.sent = 0}, false},
      {"a target's NOT_FOUND", {.sent = 5}, false},
      {"a target's INTERNAL", {.sent = 13}, true},
      {"a target that says none", {}, true},
      {"a target's 503", {.status = 503}, false},
      {"a target's 500 with a status of gRPC", {.sent = 13, .status = 500}, false},
      {"weir's own answer",
       {.sent = 14, .answered = false, .failure = failure_by(Reason::connect_refused)},
       true},
      {"an answer that broke", {.failure = failure_by(Reason::response_truncated)}, true},
      {"a 503 that broke", {.status = 503, .failure = failure_by(Reason::response_truncated)}, false},
      {"what the client may not do",
       {.sent = 7, .answered = false, .failure = failure_by(Reason::source_denied)},
       false},
      {"a request that goes in circles",
       {.sent = 13, .answered = false, .failure = {Reason::malformed, http::Problem::via_loop, 0}},
       false},
      {"a rule's answer", {.status = 404, .answered = false}, false},
      {"a client that left",
       {.status = 460, .answered = false, .failure = failure_by(Reason::client_gone)},
       false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(fails_without_5xx(row.course) == row.fails);
  }
}

}  // namespace weir::proxy
