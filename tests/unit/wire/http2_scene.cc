#include "tests/unit/wire/http2_scene.h"

#include <doctest/doctest.h>

#include <iterator>

#include "tests/unit/wire/turns.h"

namespace weir::test {
namespace {}  // namespace

void Http2Exchange::on_body(std::string_view piece) {
  CHECK_FALSE(ended);
  CHECK_FALSE(over());
  body += piece;
  if (at_body) at_body();
}

void Http2Exchange::on_end(const http::FieldList& fields) {
  CHECK_FALSE(over());
  ended = true;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    trailers.push_back(std::string(fields[i].name) + ": " + std::string(fields[i].value));
  }
}

void Http2Exchange::on_client_failed(const wire::Failure& failure) {
  CHECK_FALSE(over());
  client_failed = failure;
  received_bytes = stream->received_bytes();
  sent_bytes = stream->sent_bytes();
}

void Http2Exchange::on_response_sent() {
  CHECK_FALSE(over());
  sent = true;
  received_bytes = stream->received_bytes();
  sent_bytes = stream->sent_bytes();
}

http::OutgoingResponse http2_response(std::uint16_t status, http::Body body) {
  http::OutgoingResponse head;
  head.status = status;
  head.body = body;
  return head;
}

Http2Scene::Http2Scene()
    : loop_(clock_), context_(loop_), random_(1), shared_(random_), pipe_(std::make_shared<MemoryPipe>()) {}

Http2Scene::~Http2Scene() {
  if (server_ && !closed_) server_->abort();
  server_.reset();
  loop_.settle();
}

void Http2Scene::start() {
  pipe_->habits = habits;
  client_ = std::make_unique<Http2Peer>(
      std::make_unique<MemoryPeer>([this] { loop_.run_once(base::Duration::zero()); }, pipe_));
  within_turn([this] {
    server_ = std::make_unique<wire::Http2Server>(
        context_, shared_, std::make_unique<MemoryStream>(loop_, pipe_), policy, http2, *this);
    server_->receive_first(first);
  });
}

void Http2Scene::greet(std::string_view settings) {
  start();
  client_->preface(settings);
  CHECK(client_->next().is(http::H2FrameType::settings));
  CHECK(client_->next().is(http::H2FrameType::window_update, 0));
  CHECK(client_->next().is(http::H2FrameType::settings));  // the acknowledgement
}

Http2Exchange& Http2Scene::exchange(std::size_t place) {
  REQUIRE(Peer::run_until([this] { loop_.run_once(base::Duration::zero()); },
                          [&] { return exchanges_.size() > place; }));
  return *std::next(exchanges_.begin(), static_cast<std::ptrdiff_t>(place));
}

void Http2Scene::within_turn(const std::function<void()>& calls) {
  const wire::Turn::Scope scope(context_.turn);
  calls();
}

void Http2Scene::answer(Http2Exchange& exchange, std::uint16_t status, std::string_view body) {
  within_turn([&] {
    const auto kind = body.empty() ? http::Body::Kind::none : http::Body::Kind::length;
    exchange.stream->send_head(http2_response(status, {kind, body.size()}));
    exchange.stream->send_body(keep(std::string(body)));
    exchange.stream->finish({});
  });
}

void Http2Scene::settle() {
  const auto turn = [this] { loop_.run_once(base::Duration::zero()); };
  Peer::run_until(turn, [&] {
    return pipe_->to_stream.empty() || pipe_->stream == nullptr || !pipe_->stream->wanted().read;
  });
  for (int i = 0; i < kSettleTurns; ++i) turn();
}

void Http2Scene::advance(base::Duration by) {
  settle();
  clock_.advance(by);
  loop_.fire_timers();
  settle();
}

Http2Exchange& Http2Scene::add(wire::Http2ServerStream& stream, http::RequestHead& head,
                               base::Instant began) {
  Http2Exchange& exchange = exchanges_.emplace_back();
  exchange.stream = &stream;
  exchange.began = began;
  swap(exchange.head, head);
  return exchange;
}

wire::ServerHandler& Http2Scene::on_request(wire::Http2Server&, wire::Http2ServerStream& stream,
                                            http::RequestHead& head, base::Instant began) {
  Http2Exchange& exchange = add(stream, head, began);
  if (at_request) at_request(exchange);
  return exchange;
}

wire::ServerHandler& Http2Scene::on_refused(wire::Http2Server&, wire::Http2ServerStream& stream,
                                            http::RequestHead& head, const wire::Failure& failure,
                                            base::Instant began) {
  Http2Exchange& exchange = add(stream, head, began);
  exchange.refused = failure;
  if (at_request) at_request(exchange);
  return exchange;
}

void Http2Scene::on_closed(wire::Http2Server&) { closed_ = true; }

}  // namespace weir::test
