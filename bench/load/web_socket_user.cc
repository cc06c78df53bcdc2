#include "bench/load/web_socket_user.h"

#include <utility>

#include "bench/websocket/handshake.h"

namespace weir::bench {

using websocket::FrameParser;

WebSocketUser::WebSocketUser(Crew& crew, UserOwner& owner)
    : User(owner),
      crew_(crew),
      link_(crew.link, *this),
      backoff_(crew.context.loop, this, [](void* self) { static_cast<WebSocketUser*>(self)->free(); }),
      frames_(websocket::End::client, kMostMessage) {}

void WebSocketUser::begin() {
  idle_ = false;
  if (!upgraded_) return ask_for_upgrade();
  stream_->send_body(crew_.message);
}

void WebSocketUser::ask_for_upgrade() {
  const auto stream = link_.begin(*this);
  if (!stream) {
    fail(wire::connect_reason(stream.error()));
    return on_link_free();
  }
  stream_ = *stream;
  received_ = sent_ = 0;
  frames_ = FrameParser(websocket::End::client, kMostMessage);
  http::OutgoingRequest head = crew_.requests.next({});
  head.method = http::Method::get;
  head.method_text = "GET";
  head.body = {};
  key_ = crew_.requests.web_socket_key();
  websocket::add_upgrade_fields(key_, head.fields);
  stream_->send_head(head);
  stream_->finish({});
}

void WebSocketUser::on_response_head(http::ResponseHead& head) {
  if (head.status != 101) return;
  if (!websocket::is_upgraded(head, key_)) {
    fail(wire::Reason::response_malformed);
    return stream_->cancel();
  }
  upgraded_ = true;
  stream_->send_body(crew_.message);
}

void WebSocketUser::on_body(std::string_view piece) {
  while (upgraded_) {
    const FrameParser::Step step = frames_.next(piece);
    piece.remove_prefix(step.consumed);
    if (step.kind == FrameParser::Step::Kind::need_more) return;
    if (step.kind == FrameParser::Step::Kind::failed) {
      fail(wire::Reason::response_malformed);
      return stream_->cancel();
    }
    take(step.frame);
  }
}

void WebSocketUser::take(const websocket::Frame& frame) {
  if (frame.opcode == websocket::Opcode::close) {
    if (busy()) fail(wire::Reason::target_closed);
    upgraded_ = false;
    return stream_->cancel();
  }
  if (websocket::is_control(frame.opcode) || !frame.fin || !busy()) return;
  if (frame.payload.size() != crew_.plan.body.size()) {
    fail(wire::Reason::response_malformed);
    upgraded_ = false;
    return stream_->cancel();
  }
  answered();
  crew_.context.turn.lend();
  idle_ = true;
  free();
}

void WebSocketUser::answered() {
  const std::uint64_t received = std::exchange(received_, stream_->received_bytes());
  const std::uint64_t sent = std::exchange(sent_, stream_->sent_bytes());
  crew_.recorder.answered(due(), crew_.context.loop.clock().now(), {0, received_ - received, sent_ - sent});
  done();
}

// Of an answer that refused the upgrade, or of the connection.
void WebSocketUser::on_end(const http::FieldList&) {
  if (upgraded_) {
    if (busy()) fail(wire::Reason::target_closed);
    upgraded_ = false;
  } else {
    crew_.recorder.upgrade_refused(due(), crew_.context.loop.clock().now());
    done();
    backoff_.failed();
  }
  stream_->release();
}

void WebSocketUser::on_target_failed(const wire::Failure& failure) {
  upgraded_ = false;
  if (busy()) fail(failure.reason);
}

void WebSocketUser::fail(wire::Reason reason) {
  crew_.recorder.failed(due(), crew_.context.loop.clock().now(), reason);
  done();
  if (wire::is_connect_failure(reason)) backoff_.failed();
}

void WebSocketUser::on_link_free() {
  if (idle_ || backoff_.begin()) return;
  idle_ = true;
  free();
}

}  // namespace weir::bench
