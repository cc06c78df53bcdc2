#include "lb/health/probe_result.h"

#include <array>

namespace weir::health {

std::string_view word(Phase phase) {
  static constexpr std::array<std::string_view, 7> kWords = {"connect", "tls",  "first_byte", "status",
                                                             "header",  "body", "passed"};
  return kWords[static_cast<std::size_t>(phase)];
}

std::string_view code(ReasonCode reason) {
  static constexpr std::array<std::string_view, 9> kCodes = {"",
                                                             "Elb.RegistrationInProgress",
                                                             "Elb.InitialHealthChecking",
                                                             "Target.ResponseCodeMismatch",
                                                             "Target.Timeout",
                                                             "Target.FailedHealthChecks",
                                                             "Target.NotInUse",
                                                             "Target.DeregistrationInProgress",
                                                             "Target.HealthCheckDisabled"};
  return kCodes[static_cast<std::size_t>(reason)];
}

}  // namespace weir::health
