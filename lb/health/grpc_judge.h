#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "lb/health/judge.h"
#include "lb/model/health_check.h"

// Whether the answer to a probe by gRPC is what the check expects. Pure; as judge.h, but that an answer is
// judged when it is over, since how it went stands in its trailers.
namespace weir::health {

struct GrpcAnswer {
  std::uint16_t http_status = 0;
  std::string_view content_type = {};  // empty: none
  // Of the trailers, or of the head where there are none.
  std::optional<std::string_view> grpc_status = {};
  std::string_view grpc_message = {};  // as it came: encoded
  std::string_view content = {};       // all of it, or more than its first http::kGrpcHealthBytes
};

// ALB's style (ALB: "Health check settings"): the call has to end with one of `codes`, whatever it answers
// besides. By default that is a path which no service has, and a server of gRPC says UNIMPLEMENTED.
Verdict judge_grpc_status(const GrpcAnswer& answer, std::span<const model::StatusRange> codes);

// grpc.health.v1: the call has to succeed, and to say that the service is SERVING.
Verdict judge_grpc_health(const GrpcAnswer& answer);

}  // namespace weir::health
