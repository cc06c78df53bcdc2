#pragma once

#include <cstdint>

#include "lb/http/head.h"
#include "lb/model/target_group.h"
#include "lb/wire/failure.h"

// Whether a failed attempt is followed by another one. Pure.
namespace weir::proxy {

enum class RetryVerdict : std::uint8_t {
  give_up,
  fresh_connection,  // the same target again: a kept connection had gone stale (RFC 9112 9.3.1)
  another_target,
};

struct FailedAttempt {
  wire::Reason reason = wire::Reason::none;
  bool connection_reused = false;
  bool request_sent = false;    // at least one byte of it left
  bool response_begun = false;  // at least one byte of a response came
  bool client_response_begun = false;
  bool body_replayable = true;          // all of the request body that was taken so far is still there
  bool overdue = false;                 // the client waits no longer
  std::uint32_t fresh_connections = 0;  // that this exchange has gone over because of others that had ended
  std::uint16_t status = 0;             // of the response; 0: none came
  std::uint32_t attempts = 1;           // made so far, without those on stale connections
};

// How often an exchange that a leaving target has not looked at begins anew at the same target. One that ends
// its connections after a few requests each (nginx: keepalive_requests) leaves the latest out again and
// again.
inline constexpr std::uint32_t kMostFreshConnections = 16;

// Whether an answer of this status is worth another try.
bool is_retried_status(unsigned status, const model::RetryWhen& when);

RetryVerdict decide_retry(const FailedAttempt& failed, http::Method method, const model::Retry& policy);

}  // namespace weir::proxy
