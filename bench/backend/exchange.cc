#include "bench/backend/exchange.h"

#include <utility>

#include "bench/websocket/handshake.h"

namespace weir::bench {
namespace {

// How long a client that was sent a close frame may take to close.
constexpr base::Duration kClosePatience = std::chrono::seconds(3);

http::Body body_of(std::uint16_t status, std::uint64_t bytes, bool chunked) {
  if (is_bodiless(status)) return {};
  if (chunked) return {http::Body::Kind::chunked, 0};
  if (bytes == 0) return {};
  return {http::Body::Kind::length, bytes};
}

}  // namespace

Exchange::Exchange(wire::ServerStream& stream, Endable& connection, Desk& desk)
    : stream_(stream),
      connection_(connection),
      desk_(desk),
      deadline_(desk.deadlines, this, [](void* self) { static_cast<Exchange*>(self)->on_time(); }),
      sender_(stream, deadline_, desk.context.loop.clock()) {}

// --- the request

void Exchange::begin(const http::RequestHead& request) {
  state_ = State::request;
  head_request_ = request.method == http::Method::head;
  plan_ = plan_for(request.target(), desk_.options, desk_.random);
  if (websocket::asks_for_upgrade(request)) begin_upgrade(request);
  if (request.expect_continue && request.body.kind != http::Body::Kind::none) {
    http::OutgoingResponse interim;
    interim.status = 100;
    stream_.send_interim(interim);
  }
}

void Exchange::begin_upgrade(const http::RequestHead& request) {
  auto accept = websocket::accept_upgrade(request);
  if (accept) {
    accept_ = *std::move(accept);
  } else {
    plan_.status = accept.error();
    plan_.complaint = "this is no WebSocket handshake of version 13\n";
  }
}

void Exchange::begin_refused(const wire::Failure& failure) {
  state_ = State::request;
  on_request_failed(failure);
}

void Exchange::on_body(std::string_view piece) {
  if (state_ != State::echo) return;
  const std::string_view answer = echo_->answer(piece);
  stream_.send_body(answer);
  if (echo_->ended()) end_echo();
}

void Exchange::on_end(const http::FieldList&) {
  if (state_ == State::echo) return end_echo();
  if (state_ != State::request) return;
  if (plan_.delay.count() == 0) return answer();
  state_ = State::waiting;
  deadline_.set(desk_.context.loop.clock().now() + plan_.delay);
}

void Exchange::on_request_failed(const wire::Failure& failure) {
  if (state_ == State::request || state_ == State::waiting) return send_refusal(wire::status(failure));
  stream_.cancel();
  forget();
}

void Exchange::on_client_failed(const wire::Failure&) { forget(); }

// --- the answer

void Exchange::on_time() {
  const wire::Turn::Scope scope(desk_.context.turn);
  switch (state_) {
    case State::waiting: return answer();
    case State::answering: return sender_.on_time();
    case State::closing: stream_.cancel(); return forget();
    default: return;
  }
}

void Exchange::answer() {
  deadline_.clear();
  switch (plan_.kind) {
    case Plan::Kind::die: return desk_.on_die();
    case Plan::Kind::answer: return accept_.empty() ? send_answer() : begin_echo();
    case Plan::Kind::reset: connection_.end_with_reset(); break;
    case Plan::Kind::close: stream_.cancel(); break;
  }
  forget();
  if (desk_.on_answered) desk_.on_answered();
}

void Exchange::send_answer() {
  state_ = State::answering;
  const AnswerOptions& options = desk_.options;
  const base::Instant now = desk_.context.loop.now();
  if (!plan_.complaint.empty()) return send_text(desk_.head.with(now, plan_.status, {}));
  const http::Body body = body_of(plan_.status, plan_.body, options.chunked);
  if (head_request_) {
    stream_.send_head(desk_.head.without_content(now, plan_.status, body));
    return stream_.finish({});
  }
  stream_.send_head(desk_.head.with(now, plan_.status, body));
  if (body.kind == http::Body::Kind::none) return stream_.finish({});
  sender_.begin({plan_.body, options.body_rate});
}

void Exchange::send_text(const http::OutgoingResponse& head) {
  http::OutgoingResponse with_text = head;
  with_text.body = {http::Body::Kind::length, plan_.complaint.size()};
  if (with_text.status == 426) with_text.fields.add("Sec-WebSocket-Version", "13");
  stream_.send_head(with_text);
  stream_.send_body(plan_.complaint);
  stream_.finish({});
}

void Exchange::send_refusal(std::uint16_t status) {
  state_ = State::answering;
  deadline_.clear();
  stream_.send_head(desk_.head.with(desk_.context.loop.now(), status, {}));
  stream_.finish({});
}

void Exchange::on_congested() {
  if (echo_) return stream_.pause();
  sender_.on_congested();
}

void Exchange::on_drained() {
  if (echo_) return stream_.resume();
  sender_.on_drained();
}

void Exchange::on_response_sent() {
  forget();
  if (desk_.on_answered) desk_.on_answered();
}

// --- the WebSocket

void Exchange::begin_echo() {
  http::OutgoingResponse head;
  head.status = 101;
  head.fields.add(http::FieldId::upgrade, "Upgrade", "websocket");
  head.fields.add("Sec-WebSocket-Accept", accept_);
  state_ = State::echo;
  echo_ = std::make_unique<Echo>();
  stream_.send_head(head);
}

void Exchange::end_echo() {
  state_ = State::closing;
  stream_.finish({});
  deadline_.set(desk_.context.loop.now() + kClosePatience);
}

void Exchange::forget() {
  state_ = State::idle;
  deadline_.clear();
  sender_.stop();
  plan_.complaint.clear();
  accept_.clear();
  echo_.reset();
}

}  // namespace weir::bench
