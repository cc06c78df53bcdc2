#pragma once

#include <cstdint>

#include "lb/http/head.h"
#include "lb/http/problem.h"

// Requests whose framing is certain here, but that another HTTP reader might see differently: the
// classes and reasons are those of AWS ALB's desync mitigation. What is ambiguous here has been
// refused by the parser.
namespace weir::http {

enum class DesyncMode : std::uint8_t { monitor, defensive, strictest };

struct Classification {
  DesyncClass desync = DesyncClass::none;  // none: nothing odd
  Problem reason = Problem::none;
};

// The worst oddity of the request, and among equals the first in the order of the reasons below.
Classification classify(const RequestHead& request);

enum class DesyncVerdict : std::uint8_t {
  forward,
  forward_and_close,  // the client's and the target's connection serve no other request
  refuse,
};

DesyncVerdict decide(DesyncMode mode, const Classification& classification);

}  // namespace weir::http
