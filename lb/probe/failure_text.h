#pragma once

#include <string>

#include "lb/base/clock.h"
#include "lb/health/probe_result.h"

// How probes of all kinds say why they failed.
namespace weir::probe {

// Phase::connect, with the system's word for `error` (an errno, not 0).
void fail_to_connect(health::ProbeResult& result, int error);

// `what` did not happen in time: "no connection within 2000 ms".
void fail_in_time(health::ProbeResult& result, health::Phase phase, const char* what, base::Duration timeout);

}  // namespace weir::probe
