#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// How a gRPC call ends, and how it is told from other HTTP (gRPC's PROTOCOL-HTTP2.md, statuscodes.md and
// http-grpc-status-mapping.md).
namespace weir::http {

inline constexpr std::string_view kGrpcContentType = "application/grpc";

// application/grpc, with or without "+proto" and the like or parameters. Not gRPC-Web: that is another
// protocol, which ends inside of its content.
bool is_grpc(std::string_view content_type);

enum class GrpcStatus : std::uint8_t {
  ok,
  cancelled,
  unknown,
  invalid_argument,
  deadline_exceeded,
  not_found,
  already_exists,
  permission_denied,
  resource_exhausted,
  failed_precondition,
  aborted,
  out_of_range,
  unimplemented,
  internal,
  unavailable,
  data_loss,
  unauthenticated,  // the last one
};

// As gRPC writes it: "DEADLINE_EXCEEDED".
std::string_view word(GrpcStatus status);
// Of any number; "UNRECOGNIZED" for those that have no name.
std::string_view grpc_status_word(std::uint16_t number);

// Whether it says that the server failed, not its client (OpenTelemetry's conventions for gRPC's server
// spans).
bool is_server_failure(std::uint16_t number);

// The value of grpc-status. Targets may send numbers that nobody has named; more than three digits are none.
std::optional<std::uint16_t> read_grpc_status(std::string_view value);

// What a client has to make of a target's answer that says no grpc-status.
GrpcStatus grpc_status_of_answer(std::uint16_t http_status);

// What weir says instead of an answer of its own with this status. As above, but that more statuses have a
// meaning. A deadline of the client's that is over (grpc-timeout) is deadline_exceeded, whatever the status.
GrpcStatus grpc_status_of_own(std::uint16_t http_status);

// The value of grpc-message: printable ASCII but '%', and all other bytes as %XX. Spaces at the ends, too,
// since they would be cut off a field's value. At most `most` bytes of the message are written.
inline constexpr std::size_t kGrpcMessageBytes = 1024;
std::string encode_grpc_message(std::string_view message, std::size_t most = kGrpcMessageBytes);
// A '%' that begins no encoded byte stands for itself. The result may be any bytes: escape it.
std::string decode_grpc_message(std::string_view value, std::size_t most = kGrpcMessageBytes);

}  // namespace weir::http
