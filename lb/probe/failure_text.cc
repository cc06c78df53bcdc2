#include "lb/probe/failure_text.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace weir::probe {

using health::ReasonCode;

void fail_to_connect(health::ProbeResult& result, int error) {
  result.phase = health::Phase::connect;
  result.reason = error == ETIMEDOUT ? ReasonCode::timeout : ReasonCode::failed_checks;
  result.detail = std::generic_category().message(error);
}

void fail_in_time(health::ProbeResult& result, health::Phase phase, const char* what,
                  base::Duration timeout) {
  result.phase = phase;
  result.reason = ReasonCode::timeout;
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  result.detail = fmt::format("{} within {} ms", what, milliseconds);
}

}  // namespace weir::probe
