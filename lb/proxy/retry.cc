#include "lb/proxy/retry.h"

namespace weir::proxy {

using wire::Reason;

RetryVerdict decide_retry(const FailedAttempt& failed, http::Method method, const model::Retry& policy) {
  if (failed.client_response_begun || failed.response_begun || !failed.body_replayable)
    return RetryVerdict::give_up;
  if (wire::is_connect_failure(failed.reason)) {
    const bool again = policy.when.connect_failure && failed.attempts < policy.attempts;
    return again ? RetryVerdict::another_target : RetryVerdict::give_up;
  }
  const bool broke = failed.reason == Reason::target_reset || failed.reason == Reason::target_closed;
  const bool harmless = !failed.request_sent || http::is_idempotent(method);
  if (broke && failed.connection_reused && !failed.stale_retry_used && harmless)
    return RetryVerdict::fresh_connection;
  return RetryVerdict::give_up;
}

}  // namespace weir::proxy
