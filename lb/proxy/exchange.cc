#include "lb/proxy/exchange.h"

#include <utility>

#include "lb/http/forward_rules.h"
#include "lb/proxy/listener.h"

namespace weir::proxy {

using wire::Failure;
using wire::Reason;

namespace {

// A client that went away before it had an answer, as ALB logs it.
constexpr std::uint16_t kClientGone = 460;

}  // namespace

Exchange::Exchange(Engine& engine)
    : engine_(engine),
      attempt_(*this),
      request_relay_(engine.pipes),
      response_relay_(engine.pipes),
      deadline_(engine.wire.loop.timers(), this,
                [](void* self) { static_cast<Exchange*>(self)->on_deadline(); }) {}

Exchange::~Exchange() { attempt_.cancel(); }

// --- the request

void Exchange::start(Client& client, wire::ServerStream& stream, base::Instant began,
                     http::RequestHead& head) {
  client_ = &client;
  stream_ = &stream;
  view_ = &client.listener().pin();
  client.meet(*view_);
  route_ = nullptr;
  destination_ = nullptr;
  group_ = nullptr;
  rule_session_.forget();
  target_session_.forget();
  swap(request_, head);
  sent_request_.fields.clear();
  request_trailers_.clear();
  replay_.clear();
  tried_.clear();
  failed_zone_ = balance::kNoZone;
  hash_.reset();
  rewritten_ = {};
  redirected_to_.clear();
  began_ = began;
  head_read_ = now();
  queued_ = {};
  body_bytes_ = 0;
  failure_ = {};
  status_ = target_status_ = 0;
  attempts_ = 0;
  grpc_ = is_grpc_call(request_);
  grpc_status_.reset();
  request_state_ = RequestState::receiving;
  response_state_ = ResponseState::waiting;
  replayable_ = true;
  classification_ = {};
  fresh_connections_ = 0;
  upgrade_ = tunnel_ = close_both_ = false;
}

void Exchange::begin(Client& client, wire::ServerStream& stream, base::Instant began,
                     http::RequestHead& head) {
  start(client, stream, began, head);
  if (grpc_) begin_call();
  identify();
  Failure refused = admit();
  if (refused.reason == Reason::none) refused = route();
  if (refused.reason != Reason::none) return answer(refused);
  act();
}

void Exchange::begin_refused(Client& client, wire::ServerStream& stream, base::Instant began,
                             http::RequestHead& head, const Failure& failure) {
  start(client, stream, began, head);
  request_state_ = RequestState::failed;
  classify(failure);
  identify();
  answer(failure);
}

void Exchange::classify(const Failure& failure) {
  if (failure.reason != Reason::malformed) return;
  classification_ = {http::traits(failure.problem).desync, failure.problem};
  count_desync();
}

void Exchange::on_body(std::string_view piece) {
  if (tunnel_) {
    if (request_relay_.running()) request_relay_.body(piece);
    return;
  }
  body_bytes_ += piece.size();
  const auto& limit = listener().limits.body_bytes;
  if (limit && body_bytes_ > *limit && request_state_ == RequestState::receiving) {
    return on_request_failed({Reason::body_too_large, http::Problem::none, 0});
  }
  if (!request_relay_.running()) return;
  if (replayable_ && !keep_for_replay(piece)) {
    forget_replay();
    request_relay_.allow_splice();
  }
  request_relay_.body(piece);
}

// What was taken from the client while nothing is committed can be sent again: all of it while the
// connection is being made (a failed connect has delivered nothing), later as much as `retry.buffer`
// of what may be repeated, or may be refused unread (over HTTP/2).
bool Exchange::keep_for_replay(std::string_view piece) {
  if (!attempt_.connecting()) {
    if (!may_be_repeated()) return false;
    if (replay_.size() + piece.size() > group().retry.buffer) return false;
  }
  replay_.append(piece);
  return true;
}

void Exchange::forget_replay() {
  replayable_ = false;
  replay_.clear();
  if (replay_.capacity() > 4096) replay_.shrink_to_fit();
}

void Exchange::on_end(const http::FieldList& trailers) {
  request_state_ = after(request_state_, RequestEvent::end);
  if (!request_relay_.running()) return;
  if (!trailers.empty()) http::build_trailers(trailers, request_trailers_);
  request_relay_.end(request_trailers_);
}

void Exchange::on_request_failed(const Failure& failure) {
  request_state_ = after(request_state_, RequestEvent::fail);
  classify(failure);
  if (response_state_ == ResponseState::complete) return;  // an early answer, on its way: it stands
  stop_waiting();
  end_attempt();
  if (response_state_ == ResponseState::waiting) return answer(failure);
  cut(failure);
}

void Exchange::on_client_failed(const Failure& failure) {
  failure_ = failure;
  classify(failure);
  response_state_ = after(response_state_, ResponseEvent::cut);
  if (status_ == 0) status_ = failure.reason == Reason::malformed ? wire::status(failure) : kClientGone;
  finish();
}

// --- the response

void Exchange::on_attempt_head(http::ResponseHead& head) {
  if (head.status == 101) {
    if (upgrade_ && is_asked_protocol(head)) return begin_tunnel(head);
    end_attempt();
    failure_ = {Reason::unasked_upgrade, http::Problem::none, 0};
    return answer(failure_);
  }
  if (asks_for_tunnel() && head.status >= 200 && head.status < 300) {
    end_attempt();
    return answer({Reason::upgrade_failed, http::Problem::none, 0});
  }
  if (try_elsewhere(head)) return;
  if (!build_response(head)) {
    end_attempt();
    return answer({Reason::header_invalid, http::Problem::none, 0});
  }
  if (head.status < 200) return stream_->send_interim(sent_response_);
  send_response(head);
}

void Exchange::send_response(http::ResponseHead& head) {
  forget_replay();
  failure_ = {};
  status_ = target_status_ = head.status;
  response_state_ = after(response_state_, ResponseEvent::head);
  if (grpc_) note_grpc_answer(head);
  stream_->send_head(sent_response_);
  response_relay_.start(attempt_.stream(), *stream_,
                        head.body.kind == http::Body::Kind::length && head.body.length >= Relay::kSpliceFrom);
  response_relay_.allow_splice();
}

void Exchange::on_attempt_body(std::string_view piece) { response_relay_.body(piece); }

void Exchange::on_attempt_end(const http::FieldList& trailers) {
  sent_response_.fields.clear();
  if (!trailers.empty()) {
    note_grpc_status(trailers);
    http::build_trailers(trailers, sent_response_.fields);
  }
  response_relay_.end(sent_response_.fields);
  if (tunnel_) return;  // the other direction may go on
  response_state_ = after(response_state_, ResponseEvent::end);
  request_relay_.stop();
  if (close_both_) {
    attempt_.cancel();
  } else {
    attempt_.release();
  }
}

void Exchange::answer(const Failure& failure) {
  failure_ = failure;
  build_answer(failure);
  begin_answer(sent_response_.status);
  send_answer(failure.reason == Reason::malformed);
}

void Exchange::begin_answer(std::uint16_t status) {
  status_ = status;
  response_state_ = after(response_state_, ResponseEvent::head);
}

void Exchange::send_answer(bool then_close) {
  const bool whole =
      request_state_ == RequestState::complete ||
      (request_state_ == RequestState::receiving && request_.body.kind == http::Body::Kind::none);
  if (!whole || then_close) stream_->close_after_response();
  stream_->send_head(sent_response_);
  stream_->send_body(answer_body_);
  sent_response_.fields.clear();
  stream_->finish(sent_response_.fields);
  response_state_ = after(response_state_, ResponseEvent::end);
}

void Exchange::cut(const Failure& failure) {
  failure_ = failure;
  grpc_status_.reset();  // a head may have said one, but it has no end
  response_state_ = after(response_state_, ResponseEvent::cut);
  wire::ServerStream& stream = *stream_;
  stream.push();
  finish();
  stream.cancel();
}

void Exchange::on_response_sent() {
  if (tunnel_ && attempt_.active()) {
    request_relay_.stop();
    response_relay_.stop();
    attempt_.release();  // what the client sent last may still be on its way
  }
  finish();
}

// --- the end

void Exchange::finish() {
  deadline_.clear();
  count();
  write_records();
  end_attempt();
  attempt_.forget();
  stop_waiting();
  if (view_ != nullptr) client_->listener().unpin(*std::exchange(view_, nullptr));
  tunnel_route_.reset();
  tunnel_counters_.reset();
  engine_.give_back(*this);
}

}  // namespace weir::proxy
