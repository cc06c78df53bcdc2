#include "lb/wire/failure.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace weir::wire {
namespace {

constexpr std::size_t kReasons = static_cast<std::size_t>(Reason::count_);

constexpr std::array<ReasonTraits, kReasons> kTraits{{
    {"none", 0, ""},
    {"malformed", 400, "http_request_error"},
    {"header_timeout", 408, "connection_read_timeout"},
    {"body_timeout", 408, "connection_read_timeout"},
    {"write_timeout", 0, "connection_write_timeout"},
    {"idle_timeout", 0, ""},
    {"client_gone", 0, ""},
    {"body_too_large", 413, "http_request_error"},
    {"plain_http", 400, "http_request_error"},
    {"misdirected", 421, "http_request_error"},
    {"connect_refused", 502, "connection_refused"},
    {"connect_unreachable", 502, "destination_ip_unroutable"},
    {"connect_timeout", 504, "connection_timeout"},
    {"connect_failed", 502, "destination_unavailable"},
    {"target_tls", 502, "tls_protocol_error"},
    {"target_certificate", 502, "tls_certificate_error"},
    {"stream_refused", 502, "destination_unavailable"},
    {"target_leaving", 502, "connection_terminated"},
    {"target_reset", 502, "connection_terminated"},
    {"target_closed", 502, "connection_terminated"},
    {"target_stream_reset", 502, "http_response_incomplete"},
    {"response_timeout", 504, "http_response_timeout"},
    {"response_malformed", 502, "http_protocol_error"},
    {"response_head_too_large", 502, "http_response_header_section_size"},
    {"response_truncated", 502, "http_response_incomplete"},
    {"response_idle_timeout", 504, "http_response_incomplete"},
    {"failing_status", 502, "http_response_incomplete"},
    {"drain_timeout", 502, "connection_terminated"},
    {"tunnel_timeout", 0, "connection_read_timeout"},
    {"deadline_exceeded", 504, "http_response_timeout"},
    {"no_target", 503, "destination_unavailable"},
    {"queue_full", 503, "connection_limit_reached"},
    {"queue_timeout", 503, "connection_limit_reached"},
    {"no_descriptor", 503, "proxy_internal_error"},
    {"connection_limit", 503, "connection_limit_reached"},
    {"stopping", 503, "proxy_internal_response"},
    {"method_not_allowed", 405, "http_request_denied"},
    {"unasked_upgrade", 502, "http_upgrade_failed"},
    {"upgrade_failed", 502, "http_upgrade_failed"},
    {"source_denied", 403, "http_request_denied"},
    {"rewrite_invalid", 500, "proxy_internal_error"},
    {"redirect_invalid", 500, "proxy_internal_error"},
    {"header_invalid", 500, "proxy_internal_error"},
}};

constexpr auto kWords = [] {
  std::array<std::string_view, kReasons> words;
  for (std::size_t i = 0; i < kReasons; ++i) words[i] = kTraits[i].word;
  return words;
}();

}  // namespace

const ReasonTraits& traits(Reason reason) { return kTraits[static_cast<std::size_t>(reason)]; }

std::string_view word(const Failure& failure) {
  if (failure.reason == Reason::malformed) return http::traits(failure.problem).reason;
  return traits(failure.reason).word;
}

std::uint16_t status(const Failure& failure) {
  if (failure.reason == Reason::malformed) return http::traits(failure.problem).status;
  return traits(failure.reason).status;
}

std::string_view proxy_error(const Failure& failure) {
  if (failure.reason == Reason::malformed && failure.problem == http::Problem::via_loop)
    return "proxy_loop_detected";
  if (failure.reason == Reason::response_malformed) return http::traits(failure.problem).proxy_error;
  return traits(failure.reason).proxy_error;
}

Reason connect_reason(int error) {
  switch (error) {
    case ECONNREFUSED:
    case ENOENT: return Reason::connect_refused;
    case ETIMEDOUT: return Reason::connect_timeout;
    case EHOSTUNREACH:
    case ENETUNREACH: return Reason::connect_unreachable;
    default: return Reason::connect_failed;
  }
}

bool is_unprocessed(Reason reason) {
  return reason == Reason::stream_refused || reason == Reason::target_leaving || is_connect_failure(reason);
}

bool is_connect_failure(Reason reason) {
  switch (reason) {
    case Reason::connect_refused:
    case Reason::connect_unreachable:
    case Reason::connect_timeout:
    case Reason::connect_failed:
    case Reason::target_tls:
    case Reason::target_certificate: return true;
    default: return false;
  }
}

std::span<const std::string_view> reason_words() { return kWords; }

bool is_server_error(std::string_view word) {
  return std::ranges::any_of(kTraits,
                             [&](const ReasonTraits& one) { return one.word == word && one.status >= 500; });
}

}  // namespace weir::wire
