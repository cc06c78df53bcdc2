#pragma once

#include <optional>

#include "lb/health/passive_counts.h"
#include "lb/wire/failure.h"

// What an attempt's end says about its target. Pure.
namespace weir::proxy {

// Absent: nothing; it is the client's or weir's own failure.
std::optional<health::PassiveKind> passive_kind(wire::Reason reason);

// Whether a target that answers so has failed: any 5xx. What it passes on for others (502 and the like)
// counts, too: a target that cannot serve is no use, whoever's fault it is.
constexpr bool is_failing_status(unsigned status) { return status >= 500; }

}  // namespace weir::proxy
