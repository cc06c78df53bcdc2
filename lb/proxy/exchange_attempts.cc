// The attempts of an exchange: which targets, one after another, and what follows when one fails.

#include <cerrno>

#include "lb/http/client_address.h"
#include "lb/http/forward_rules.h"
#include "lb/proxy/exchange.h"
#include "lb/proxy/hash_key.h"

namespace weir::proxy {

using wire::Failure;
using wire::Reason;

balance::PickRequest Exchange::next_pick() {
  if (group_->needs_hash() && !hash_) {
    const auto& trust = listener().forwarded.trust;
    hash_ = hash_of(group().hash, request_, http::client_address(client_->ip(), request_.fields, trust));
    if (!hash_) hash_ = engine_.random.next();  // nothing to keep together
  }
  return {tried_, failed_zone_, hash_.value_or(0), now()};
}

void Exchange::try_first_target() {
  group_->count_request(now());
  if (Target* const target = named_target()) return try_target(*target, /*fresh=*/false);
  if (Target* const target = group_->take_first(next_pick())) return try_target(*target, /*fresh=*/false);
  if (!group_->has_targets()) return answer({Reason::no_target, http::Problem::none, 0});
  if (!group_->wait(*this)) return answer({Reason::queue_full, http::Problem::none, 0});
  if (has_content()) stream_->pause();  // nothing could take it yet
}

void Exchange::on_target_free(Target& target) {
  queued_ = now() - since();
  if (has_content()) stream_->resume();
  try_target(target, /*fresh=*/false);
}

void Exchange::on_wait_in_vain(Reason why) {
  const wire::Turn::Scope scope(engine_.wire.turn);
  if (has_content()) stream_->resume();
  answer({why, http::Problem::none, 0});
}

// Another target for what has failed at the last one, while the group's budget lasts; null: none.
Target* Exchange::take_other() {
  failed_zone_ = attempt_.target()->entry().zone;
  Target* const other = group_->take(next_pick());
  if (other == nullptr || group_->take_retry(now())) return other;
  group_->counters().retry_budget_exhausted.add();
  group_->ended(*other);
  return nullptr;
}

void Exchange::try_target(Target& target, bool fresh) {
  if (attempts_ != 0 && trace_) note_failed_try();
  if (!fresh) {
    if (attempts_ != 0) group_->counters().retries.add(failure_.reason);
    tried_.push_back(target.slot());
    ++attempts_;
  }
  int error = 0;
  if (attempt_.begin(target, approach_to(target), fresh, now(), error)) return send_request();
  const bool local = error == EMFILE || error == ENFILE || error == EADDRNOTAVAIL;
  on_attempt_failed({local ? Reason::no_descriptor : wire::connect_reason(error), http::Problem::none, error},
                    /*request_sent=*/false, /*response_begun=*/false);
}

void Exchange::send_request() {
  if (!build_request()) {
    end_attempt();
    return answer({Reason::header_invalid, http::Problem::none, 0});
  }
  wire::ClientStream& target = attempt_.stream();
  if (route_->rule != nullptr && route_->rule->response_timeout) {
    target.set_response_timeout(*route_->rule->response_timeout);
  }
  target.send_head(sent_request_);
  response_relay_.start(target, *stream_, /*large=*/false);  // of 1xx there is no other bound
  const auto& body = request_.body;
  request_relay_.start(*stream_, target,
                       body.kind == http::Body::Kind::length && body.length >= Relay::kSpliceFrom);
  if (!replay_.empty()) target.send_body(replay_);
  if (request_state_ == RequestState::complete) request_relay_.end(request_trailers_);
}

bool Exchange::may_be_repeated() const { return http::is_idempotent(request_.method) || group().http2; }

void Exchange::on_attempt_connected() {
  if (!may_be_repeated() || replay_.size() > group().retry.buffer) {
    if (!replay_.empty()) forget_replay();
  }
  request_relay_.allow_splice();
}

void Exchange::end_attempt() {
  request_relay_.stop();
  response_relay_.stop();
  attempt_.cancel();
}

FailedAttempt Exchange::failed_attempt(Reason reason) {
  return {.reason = reason,
          .connection_reused = attempt_.reused(),
          .client_response_begun = response_state_ != ResponseState::waiting,
          .body_replayable = replayable_,
          .overdue = overdue(),
          .fresh_connections = fresh_connections_,
          .attempts = attempts_};
}

void Exchange::on_attempt_failed(const Failure& failure, bool request_sent, bool response_begun) {
  request_relay_.stop();
  response_relay_.stop();
  failure_ = failure;
  Target& target = *attempt_.target();
  target.counters().connection_errors.add(failure.reason);
  FailedAttempt failed = failed_attempt(failure.reason);
  failed.request_sent = request_sent;
  failed.response_begun = response_begun;
  const RetryVerdict verdict =
      tunnel_ ? RetryVerdict::give_up : decide_retry(failed, request_.method, group().retry);
  if (verdict == RetryVerdict::fresh_connection && group_->take_again(target)) {
    ++fresh_connections_;
    group_->counters().retries.add(failure.reason);
    return try_target(target, /*fresh=*/true);
  }
  group_->failed(target, failure.reason, attempt_.generation());
  if (verdict == RetryVerdict::another_target) {
    if (Target* const other = take_other()) return try_target(*other, /*fresh=*/false);
  }
  if (response_state_ == ResponseState::waiting) return answer(failure);
  cut(failure);
}

// Asks another target instead of passing the answer on. False: the answer stands.
bool Exchange::try_elsewhere(const http::ResponseHead& head) {
  const model::Retry& retry = group().retry;
  if (!is_retried_status(head.status, retry.when)) return false;
  FailedAttempt failed = failed_attempt(Reason::failing_status);
  failed.request_sent = failed.response_begun = true;
  failed.status = head.status;
  if (decide_retry(failed, request_.method, retry) != RetryVerdict::another_target) return false;
  Target* const other = take_other();
  if (other == nullptr) return false;
  end_attempt();
  failure_ = {Reason::failing_status, http::Problem::none, 0};
  try_target(*other, /*fresh=*/false);
  return true;
}

}  // namespace weir::proxy
