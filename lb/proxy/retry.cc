#include "lb/proxy/retry.h"

namespace weir::proxy {
namespace {

using wire::Reason;

// The target was not heard yet: the connection had ended, or took no more.
std::uint32_t most_fresh_connections(const FailedAttempt& failed) {
  switch (failed.reason) {
    case Reason::target_reset:
    case Reason::target_closed:
    case Reason::response_malformed: return failed.connection_reused ? 1 : 0;  // another's, on its connection
    case Reason::stream_refused: return 1;
    case Reason::target_leaving: return kMostFreshConnections;
    default: return 0;
  }
}

bool is_wanted(const FailedAttempt& failed, const model::RetryWhen& when) {
  switch (failed.reason) {
    case Reason::target_reset:
    case Reason::target_closed:
    case Reason::target_stream_reset:
    case Reason::response_malformed:
    case Reason::drain_timeout: return when.reset;
    case Reason::response_timeout: return when.timeout;
    case Reason::failing_status: return is_retried_status(failed.status, when);
    default: return wire::is_unprocessed(failed.reason) && when.connect_failure;
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
  const bool harmless =
      !failed.request_sent || wire::is_unprocessed(failed.reason) || http::is_idempotent(method);
  if (harmless && failed.fresh_connections < most_fresh_connections(failed))
    return RetryVerdict::fresh_connection;
  const bool again = harmless && failed.attempts < policy.attempts && is_wanted(failed, policy.when);
  return again ? RetryVerdict::another_target : RetryVerdict::give_up;
}

}  // namespace weir::proxy
