#include "lb/probe/failure_text.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "lb/base/text.h"

namespace weir::probe {

using health::ReasonCode;

void fail_to_connect(health::ProbeResult& result, int error) {
  result.phase = health::Phase::connect;
  result.reason = error == ETIMEDOUT ? ReasonCode::timeout : ReasonCode::failed_checks;
  result.detail = std::generic_category().message(error);
}

namespace {

std::string_view words_for(net::TlsFailure failure) {
  using enum net::TlsFailure;
  switch (failure) {
    case certificate_expired: return "the certificate has expired, or is not valid yet";
    case certificate_revoked: return "the certificate is revoked";
    case certificate_unknown_ca: return "nobody who is trusted vouches for the certificate";
    case certificate_refused: return "the certificate cannot be accepted";
    case plain_http:
    case not_tls:
    case malformed: return "the target does not speak proper TLS";
    case no_shared_protocol: return "there is no common version of TLS";
    case no_shared_cipher: return "there is no common cipher of TLS";
    case peer_alert: return "the target refused the handshake";
    case peer_closed: return "the target closed the connection within the handshake";
    case too_large: return "the handshake is too large";
    default: return "the handshake failed";
  }
}

}  // namespace

void fail_tls(health::ProbeResult& result, net::TlsFailure failure, std::string_view detail,
              const TlsAim& aim) {
  result.phase = health::Phase::tls;
  result.reason = ReasonCode::failed_checks;
  if (failure == net::TlsFailure::name_mismatch) {
    result.detail = fmt::format("the certificate is not for {}", base::escape(aim.server_name));
  } else if (failure == net::TlsFailure::no_application_protocol) {
    result.detail = fmt::format("the target does not speak {} over TLS (ALPN)", aim.protocol);
  } else {
    result.detail = words_for(failure);
  }
  if (!detail.empty()) result.detail += fmt::format(" ({})", detail);
}

void fail_in_time(health::ProbeResult& result, health::Phase phase, const char* what,
                  base::Duration timeout) {
  result.phase = phase;
  result.reason = ReasonCode::timeout;
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  result.detail = fmt::format("{} within {} ms", what, milliseconds);
}

}  // namespace weir::probe
