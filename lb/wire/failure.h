#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "lb/http/problem.h"

// What went wrong with an exchange, on which side and when: one type for connections, retries,
// answers, logs and metrics.
namespace weir::wire {

enum class Reason : std::uint8_t {
  none,
  // The client's side.
  malformed,  // see Failure::problem
  header_timeout,
  body_timeout,
  write_timeout,
  idle_timeout,
  client_gone,
  body_too_large,
  plain_http,   // HTTP without TLS on a port of TLS
  misdirected,  // Host is not what TLS was begun for, where client certificates count (RFC 9110 15.5.20)
  // The target's side, before a response has begun.
  connect_refused,
  connect_unreachable,
  connect_timeout,
  connect_failed,
  target_tls,          // its handshake failed
  target_certificate,  // or it is not who it should be
  stream_refused,      // by REFUSED_STREAM: it did nothing of it (RFC 9113 8.7)
  target_leaving,      // nor of what a GOAWAY of its leaves out: its connection ends, not its service
  target_reset,
  target_closed,
  target_stream_reset,  // by any other RST_STREAM
  response_timeout,
  response_malformed,
  response_head_too_large,
  // The target's side, inside a response.
  response_truncated,
  response_idle_timeout,
  failing_status,  // it answered 502, 503 or 504, and another one was asked
  drain_timeout,   // the target left, and its time to finish is over
  tunnel_timeout,
  deadline_exceeded,  // the client's own: grpc-timeout
  // weir's own.
  no_target,
  queue_full,
  queue_timeout,
  no_descriptor,
  connection_limit,
  stopping,
  method_not_allowed,
  unasked_upgrade,   // a 101 that nobody asked for
  upgrade_failed,    // none, where the client can take no other success (RFC 8441 5)
  source_denied,     // the listener's `sources`
  rewrite_invalid,   // a rule makes an impossible Host or path
  redirect_invalid,  // or Location: impossible, or where the client already is
  header_invalid,    // or header
  count_,
};

struct Failure {
  Reason reason = Reason::none;
  http::Problem problem = http::Problem::none;  // for malformed messages, of either side
  int error = 0;                                // errno, where the kernel named one

  bool operator==(const Failure&) const = default;
};

// What follows from a reason. `status` is the answer if none has begun; 0: no answer is possible.
struct ReasonTraits {
  std::string_view word;  // in logs, metrics and Proxy-Status details
  std::uint16_t status;
  std::string_view proxy_error;  // RFC 9209 2.3
};

const ReasonTraits& traits(Reason reason);

// Why a connect failed, by its errno.
Reason connect_reason(int error);
// Whether there was no connection to send anything on; a handshake is a part of connecting.
bool is_connect_failure(Reason reason);
// The target has processed nothing of the request, whatever its method.
bool is_unprocessed(Reason reason);

// The same for a failure: a malformed message carries its own.
std::string_view word(const Failure& failure);
std::uint16_t status(const Failure& failure);
std::string_view proxy_error(const Failure& failure);

// The words of all reasons in the order of the enum, for counters.
std::span<const std::string_view> reason_words();

// Whether weir's own answer for a reason of this word has a status of 5xx.
bool is_server_error(std::string_view word);

}  // namespace weir::wire
