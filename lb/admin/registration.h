#pragma once

#include <expected>
#include <string_view>

#include "lb/admin/message.h"
#include "lb/admin/operations.h"

namespace weir::admin {

// What registers a target: its address as the path has it, and the optional JSON body {zone, weight,
// max_requests, id} with the ranges of the YAML. The error is the answer to give.
std::expected<Registration, Response> read_registration(std::string_view address, std::string_view body);

struct ShiftOrder {
  base::Duration time{};
  std::string reason;
  bool force = false;
};

// The JSON body {for, reason, force} that shifts a zone; `for` is mandatory, 1m to 72h.
std::expected<ShiftOrder, Response> read_shift(std::string_view body);

// The JSON body {url, method, headers, from, listener} that asks what becomes of a request; `url` is
// mandatory.
std::expected<ExplainOrder, Response> read_explain(std::string_view body);

}  // namespace weir::admin
