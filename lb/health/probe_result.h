#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/base/clock.h"

namespace weir::health {

// How far a probe came.
enum class Phase : std::uint8_t { connect, tls, first_byte, status, header, body, passed };
std::string_view word(Phase phase);

// ALB's reason codes, as far as they apply here (ALB: "Target health reason codes").
enum class ReasonCode : std::uint8_t {
  none,
  registration_in_progress,    // Elb.RegistrationInProgress: not yet probed
  initial_checking,            // Elb.InitialHealthChecking: probed, without a verdict
  response_code_mismatch,      // Target.ResponseCodeMismatch
  timeout,                     // Target.Timeout
  failed_checks,               // Target.FailedHealthChecks: no connection, garbage, wrong header or body
  not_in_use,                  // Target.NotInUse: no listener forwards to the group
  deregistration_in_progress,  // Target.DeregistrationInProgress: draining
  check_disabled,              // Target.HealthCheckDisabled
};
std::string_view code(ReasonCode reason);

// What one probe of a target found: the evidence that an operator is shown.
struct ProbeResult {
  static constexpr std::size_t kBodyShown = 256;

  Phase phase = Phase::passed;  // passed, or where it failed
  ReasonCode reason = ReasonCode::none;
  std::uint16_t status = 0;  // 0: no answer came
  base::Duration took{0};
  base::WallTime at{};
  std::string detail;      // what was expected, or the system's word for the error; plain text
  std::string body_start;  // as it came: escape it

  bool passed() const { return phase == Phase::passed; }
  bool operator==(const ProbeResult&) const = default;
};

}  // namespace weir::health
