#pragma once

#include <string_view>

#include "bench/load/run.h"

namespace weir::bench {

// What kept a run from being faster.
enum class Limit {
  load,         // a thread of the load generator was at the end of its core: its figures are not the target's
  machine,      // all cores were busy: load and target took them from each other
  others,       // all cores were busy, and mostly with other processes
  target,       // the watched process used up a core
  rate,         // nothing: the open loop's rate was kept
  connections,  // requests of the open loop waited for a free one
  unknown,      // nothing that can be seen from here: the target waits, is elsewhere, or has few connections
};

Limit limit_of(const Outcome& outcome, const LoadPlan& plan);

// "load"
std::string_view word(Limit limit);
// A sentence for the one who reads the report.
std::string_view sentence(Limit limit);

}  // namespace weir::bench
