#include "lb/proxy/retry.h"

namespace weir::proxy {
namespace {

using wire::Reason;

bool is_wanted(const FailedAttempt& failed, const model::RetryWhen& when) {
  switch (failed.reason) {
    case Reason::target_reset:
    case Reason::target_closed:
    case Reason::drain_timeout: return when.reset;
    case Reason::response_timeout: return when.timeout;
    case Reason::failing_status: return is_retried_status(failed.status, when);
    default: return wire::is_connect_failure(failed.reason) && when.connect_failure;
  }
}

}  // namespace

bool is_retried_status(unsigned status, const model::RetryWhen& when) {
  return (status == 502 && when.status_502) || (status == 503 && when.status_503) ||
         (status == 504 && when.status_504);
}

RetryVerdict decide_retry(const FailedAttempt& failed, http::Method method, const model::Retry& policy) {
  if (failed.client_response_begun || failed.overdue || !failed.body_replayable) return RetryVerdict::give_up;
  if (failed.response_begun && failed.reason != Reason::failing_status) return RetryVerdict::give_up;
  const bool broke = failed.reason == Reason::target_reset || failed.reason == Reason::target_closed;
  const bool harmless = !failed.request_sent || http::is_idempotent(method);
  if (broke && failed.connection_reused && !failed.stale_retry_used && harmless)
    return RetryVerdict::fresh_connection;
  const bool again = harmless && failed.attempts < policy.attempts && is_wanted(failed, policy.when);
  return again ? RetryVerdict::another_target : RetryVerdict::give_up;
}

}  // namespace weir::proxy
