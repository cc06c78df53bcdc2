#include "lb/proxy/retry.h"

#include <doctest/doctest.h>

namespace weir::proxy {

using http::Method;
using wire::Reason;

TEST_CASE("what follows a failed attempt") {
  const FailedAttempt refused{.reason = Reason::connect_refused};
  const FailedAttempt stale{.reason = Reason::target_closed, .connection_reused = true, .request_sent = true};
  const auto with = [](FailedAttempt failed, auto change) {
    change(failed);
    return failed;
  };
  const model::Retry usual;
  const auto policy = [](auto change) {
    model::Retry retry;
    change(retry);
    return retry;
  };
  const model::Retry once = policy([](auto& r) { r.attempts = 1; });
  const model::Retry never = policy([](auto& r) { r.when.connect_failure = false; });
  const model::Retry resets = policy([](auto& r) { r.when.reset = true; });
  const model::Retry timeouts = policy([](auto& r) { r.when.timeout = true; });
  const model::Retry unavailable = policy([](auto& r) { r.when.status_503 = true; });
  const FailedAttempt reset{.reason = Reason::target_reset, .request_sent = true};
  const FailedAttempt unread{.reason = Reason::stream_refused, .request_sent = true};
  const FailedAttempt left_out{.reason = Reason::target_leaving, .request_sent = true};
  const FailedAttempt slow{.reason = Reason::response_timeout, .request_sent = true};
  const FailedAttempt answered{
      .reason = Reason::failing_status, .request_sent = true, .response_begun = true, .status = 503};
  constexpr auto kOther = RetryVerdict::another_target;
  constexpr auto kFresh = RetryVerdict::fresh_connection;
  constexpr auto kNo = RetryVerdict::give_up;

  const struct {
    const char* what;
    FailedAttempt failed;
    Method method;
    model::Retry policy;
    RetryVerdict verdict;
  } rows[] = {
      {"refused", refused, Method::get, usual, kOther},
      {"refused: nothing was delivered, so any method may go on", refused, Method::post, usual, kOther},
      {"refused, the last attempt", with(refused, [](auto& f) { f.attempts = 2; }), Method::get, usual, kNo},
      {"refused, one attempt only", refused, Method::get, once, kNo},
      {"refused, not to be retried", refused, Method::get, never, kNo},
      {"refused, the content is gone", with(refused, [](auto& f) { f.body_replayable = false; }), Method::get,
       usual, kNo},
      {"unreachable", with(refused, [](auto& f) { f.reason = Reason::connect_unreachable; }), Method::get,
       usual, kOther},
      {"connect timeout", with(refused, [](auto& f) { f.reason = Reason::connect_timeout; }), Method::get,
       usual, kOther},
      {"no descriptor: another target is no better",
       with(refused, [](auto& f) { f.reason = Reason::no_descriptor; }), Method::get, usual, kNo},
      {"stale", stale, Method::get, usual, kFresh},
      {"stale by a reset", with(stale, [](auto& f) { f.reason = Reason::target_reset; }), Method::put, usual,
       kFresh},
      {"stale is free of the attempts", stale, Method::get, once, kFresh},
      {"stale, but POST was sent", stale, Method::post, usual, kNo},
      {"stale, and nothing of the POST was sent", with(stale, [](auto& f) { f.request_sent = false; }),
       Method::post, usual, kFresh},
      {"stale a second time", with(stale, [](auto& f) { f.fresh_connections = 1; }), Method::get, usual, kNo},
      {"refused unread: the connection takes no more, whatever the method", unread, Method::post, usual,
       kFresh},
      {"refused unread again", with(unread, [](auto& f) { f.fresh_connections = 1; }), Method::post, usual,
       kOther},
      {"left out by a target that leaves", left_out, Method::post, usual, kFresh},
      {"left out again and again",
       with(left_out, [](auto& f) { f.fresh_connections = kMostFreshConnections - 1; }), Method::post, usual,
       kFresh},
      {"left out too often", with(left_out, [](auto& f) { f.fresh_connections = kMostFreshConnections; }),
       Method::post, usual, kOther},
      {"refused unread, and its content is gone", with(unread, [](auto& f) { f.body_replayable = false; }),
       Method::post, usual, kNo},
      {"refused unread, not to be retried", with(unread, [](auto& f) { f.fresh_connections = 1; }),
       Method::get, never, kNo},
      {"a stream is reset", with(reset, [](auto& f) { f.reason = Reason::target_stream_reset; }), Method::get,
       resets, kOther},
      {"a stream is reset, but POST was sent",
       with(reset, [](auto& f) { f.reason = Reason::target_stream_reset; }), Method::post, resets, kNo},
      {"not a reused connection", with(stale, [](auto& f) { f.connection_reused = false; }), Method::get,
       usual, kNo},
      {"a response has begun", with(stale, [](auto& f) { f.response_begun = true; }), Method::get, usual,
       kNo},
      {"the client has begun to receive", with(stale, [](auto& f) { f.client_response_begun = true; }),
       Method::get, usual, kNo},
      {"refused, when the client waits no longer", with(refused, [](auto& f) { f.overdue = true; }),
       Method::get, usual, kNo},
      {"stale, when the client waits no longer", with(stale, [](auto& f) { f.overdue = true; }), Method::get,
       usual, kNo},
      {"garbage on a connection of HTTP/2 that others share",
       with(stale, [](auto& f) { f.reason = Reason::response_malformed; }), Method::get, usual, kFresh},
      {"garbage",
       with(stale,
            [](auto& f) {
              f.reason = Reason::response_malformed;
              f.response_begun = true;
            }),
       Method::get, usual, kNo},
      {"reset", reset, Method::get, resets, kOther},
      {"reset, not to be retried", reset, Method::get, usual, kNo},
      {"reset, but POST was sent", reset, Method::post, resets, kNo},
      {"reset before anything of the POST was sent", with(reset, [](auto& f) { f.request_sent = false; }),
       Method::post, resets, kOther},
      {"reset inside a response", with(reset, [](auto& f) { f.response_begun = true; }), Method::get, resets,
       kNo},
      {"timeout", slow, Method::get, timeouts, kOther},
      {"timeout of a POST", slow, Method::post, timeouts, kNo},
      {"503", answered, Method::get, unavailable, kOther},
      {"503 of a POST", answered, Method::post, unavailable, kNo},
      {"502, and only 503 is to be retried", with(answered, [](auto& f) { f.status = 502; }), Method::get,
       unavailable, kNo},
      {"503, the last attempt", with(answered, [](auto& f) { f.attempts = 2; }), Method::get, unavailable,
       kNo},
      {"503, when the client has begun to receive",
       with(answered, [](auto& f) { f.client_response_begun = true; }), Method::get, unavailable, kNo},
      {"too slow", with(stale, [](auto& f) { f.reason = Reason::response_timeout; }), Method::get, usual,
       kNo},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(decide_retry(row.failed, row.method, row.policy) == row.verdict);
  }
}

}  // namespace weir::proxy
