#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/http/grpc_status.h"
#include "lb/http/head.h"
#include "lb/wire/failure.h"

// A gRPC call as the exchange that carries it sees it (gRPC's PROTOCOL-HTTP2.md). Pure.
namespace weir::proxy {

// A POST whose content is gRPC's.
bool is_grpc_call(const http::RequestHead& request);

// When the client of a call that began then stops waiting (grpc-timeout); kNever: it does not say.
base::Instant grpc_deadline(const http::RequestHead& request, base::Instant began);

// What weir answers to a call for want of a target's answer.
http::GrpcStatus grpc_status_of(const wire::Failure& failure);

// Who brought a call to its end.
enum class GrpcEnder : std::uint8_t { target, weir, client };
inline constexpr std::array<std::string_view, 3> kGrpcEnders = {"target", "weir", "client"};

struct GrpcEnd {
  std::uint16_t status = 0;  // of gRPC, as the client sees it
  GrpcEnder by = GrpcEnder::target;
  bool operator==(const GrpcEnd&) const = default;
};

// What an exchange knows when it is over.
struct GrpcCourse {
  std::optional<std::uint16_t> sent = {};  // grpc-status that the client was sent; absent: none was
  std::uint16_t status = 200;              // of HTTP, that the client was sent
  bool answered = true;                    // a target has begun to
  wire::Failure failure = {};              // why weir answered, or cut it
};

GrpcEnd end_of_call(const GrpcCourse& course);

// Whether a target or weir failed it while the client got no 5xx, which is counted as an error already.
bool fails_without_5xx(const GrpcCourse& course);

}  // namespace weir::proxy
