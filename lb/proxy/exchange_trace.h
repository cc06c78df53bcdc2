#pragma once

#include <optional>
#include <vector>

#include "lb/http/trace_context.h"
#include "lb/observe/span.h"

namespace weir::proxy {

// What an exchange knows of its trace. There is none while tracing is off.
struct ExchangeTrace {
  http::TraceParentText traceparent{};  // that the target is told: of weir's own span
  std::optional<observe::SpanId> parent;
  std::vector<observe::FailedTry> failed_tries;
  bool sampled = false;

  void recycle() {
    parent.reset();
    failed_tries.clear();
  }
};

}  // namespace weir::proxy
