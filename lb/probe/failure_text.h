#pragma once

#include <string_view>

#include "lb/base/clock.h"
#include "lb/health/probe_result.h"
#include "lb/net/tls_failure.h"

// How probes of all kinds say why they failed.
namespace weir::probe {

// Phase::connect, with the system's word for `error` (an errno, not 0).
void fail_to_connect(health::ProbeResult& result, int error);

// Whom and what a handshake was for.
struct TlsAim {
  std::string_view server_name;
  std::string_view protocol;  // of ALPN
};
// Phase::tls, with what of TLS failed. `detail`: what else is known; may be empty.
void fail_tls(health::ProbeResult& result, net::TlsFailure failure, std::string_view detail,
              const TlsAim& aim);

// `what` did not happen in time: "no connection within 2000 ms".
void fail_in_time(health::ProbeResult& result, health::Phase phase, const char* what, base::Duration timeout);

}  // namespace weir::probe
