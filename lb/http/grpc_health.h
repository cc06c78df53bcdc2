#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

// The messages of grpc.health.v1 (gRPC's health-checking.md) as they stand in a call's content: behind the
// five bytes that say compression and length. Pure, and made for hostile bytes.
namespace weir::http {

inline constexpr std::string_view kGrpcHealthPath = "/grpc.health.v1.Health/Check";
// Of an answer's content. A proper one has 7 bytes.
inline constexpr std::size_t kGrpcHealthBytes = 4096;

// HealthCheckRequest. An empty service asks for the server as a whole.
std::string grpc_health_request(std::string_view service);

// HealthCheckResponse.status; other numbers are possible.
enum class GrpcServing : std::uint32_t { unknown = 0, serving = 1, not_serving = 2, service_unknown = 3 };
std::string_view word(GrpcServing serving);  // "NOT_SERVING"

enum class GrpcMessageProblem : std::uint8_t {
  incomplete,  // it ends too early; no bytes at all are that, too
  compressed,  // nobody has offered that
  too_large,   // over kGrpcHealthBytes
  surplus,     // more than one message
  malformed,   // no message of Protocol Buffers
};
std::string_view word(GrpcMessageProblem problem);

// `content` is all of it, or more than its first kGrpcHealthBytes. Fields that are not known are passed over.
std::expected<GrpcServing, GrpcMessageProblem> read_grpc_health(std::string_view content);

}  // namespace weir::http
