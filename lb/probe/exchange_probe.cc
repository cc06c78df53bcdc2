#include "lb/probe/exchange_probe.h"

#include <algorithm>
#include <utility>

#include "lb/probe/failure_text.h"
#include "lb/wire/server_name.h"

namespace weir::probe {

using health::Phase;
using health::ReasonCode;

ExchangeProbe::ExchangeProbe(const ProbeOrder& order, Transport transport)
    : context_(order.context),
      check_(order.check),
      owner_(order.owner),
      transport_(transport),
      began_(context_.loop.now()),
      deadline_(context_.loop.timers(), this,
                [](void* self) { static_cast<ExchangeProbe*>(self)->on_deadline(); }) {
  result_.at = context_.loop.clock().wall();
}

ExchangeProbe::~ExchangeProbe() {
  const wire::Turn::Scope scope(context_.wire.turn);
  finished_ = true;
  if (http1_) http1_->cancel();
  if (!http2_) return;
  if (stream_ != nullptr) std::exchange(stream_, nullptr)->release();
  http2_->close();
}

// --- the question

void ExchangeProbe::ask(ProbeOrder& order, const http::OutgoingRequest& head, std::string_view content) {
  if (!order.stream) {
    error_ = order.stream.error();
    deadline_.set(began_);
    return;
  }
  deadline_.set(began_ + check_->timeout);
  const wire::Turn::Scope scope(context_.wire.turn);
  auto stream = *std::move(order.stream);
  connect(transport_.secure ? secure(std::move(stream), order) : std::move(stream));
  stream_->send_head(head);
  if (!content.empty()) stream_->send_body(content);
  stream_->finish({});
}

std::unique_ptr<net::ByteStream> ExchangeProbe::secure(std::unique_ptr<net::ByteStream> stream,
                                                       const ProbeOrder& order) {
  server_name_ = wire::server_name_for(order.outset.server_name, check_->host.value_or(""), order.address);
  auto tls = net::TlsStream::connect(context_.tls, std::move(stream), *order.outset.tls,
                                     {.server_name = server_name_, .alpn = {protocol()}});
  tls_ = tls.get();
  return tls;
}

void ExchangeProbe::connect(std::unique_ptr<net::ByteStream> stream) {
  wire::ClientHandler& handler = *this;
  if (!transport_.http2) {
    wire::ClientOwner& owner = *this;
    http1_ = std::make_unique<wire::Http1Client>(context_.wire, context_.actives, std::move(stream),
                                                 /*connecting=*/true, context_.policy, owner);
    http1_->begin(handler);
    stream_ = http1_.get();
    return;
  }
  wire::Http2ClientOwner& owner = *this;
  http2_ = std::make_unique<wire::Http2Client>(context_.wire, context_.http2, std::move(stream),
                                               /*connecting=*/true, context_.policy, context_.http2_policy,
                                               tls_ != nullptr ? "https" : "http", owner);
  stream_ = &http2_->begin(handler);
}

// --- the answer

void ExchangeProbe::on_connected() {
  connected_ = true;
  if (transport_.http2 && tls_ != nullptr && tls_->alpn() != protocol()) refuse_protocol();
}

// Nothing of HTTP/2 is sent to whom has not agreed to it.
void ExchangeProbe::refuse_protocol() {
  decided_ = true;
  result_.took = context_.loop.now() - began_;
  fail_tls(result_, net::TlsFailure::no_application_protocol, "", {server_name_, protocol()});
  http2_->break_off({});
}

void ExchangeProbe::decide(const health::Verdict& verdict) {
  if (finished_ || std::exchange(decided_, true)) return;
  result_.phase = verdict.phase;
  result_.reason = verdict.reason;
  result_.detail = verdict.detail;
  const base::Instant now = context_.loop.now();
  result_.took = now - began_;
  deadline_.set(std::min(began_ + check_->timeout, now + kLinger));
}

void ExchangeProbe::hang_up() {
  std::exchange(stream_, nullptr)->release();
  http2_->leave();
}

void ExchangeProbe::finish() {
  if (std::exchange(finished_, true)) return;
  deadline_.clear();
  result_.body_start = shown_content().substr(0, health::ProbeResult::kBodyShown);
  owner_.on_result(result_);
}

// --- no answer

void ExchangeProbe::on_target_failed(const wire::Failure& failure) {
  const bool begun = std::exchange(stream_, nullptr)->response_begun();
  if (finished_) return;
  if (!decided_) fail(failure, begun);
  finish();
}

void ExchangeProbe::on_closed(wire::Http1Client&) {
  stream_ = nullptr;
  context_.loop.reap(std::move(http1_));
}

void ExchangeProbe::on_closed(wire::Http2Client&) {
  context_.loop.reap(std::move(http2_));
  if (decided_) finish();
}

void ExchangeProbe::fail(const wire::Failure& failure, bool answer_begun) {
  result_.took = context_.loop.now() - began_;
  // With TLS 1.3 a target refuses weir's certificate when the handshake is over for weir.
  if (tls_ != nullptr && !answer_begun && tls_->failure() != net::TlsFailure::none) {
    return fail_tls(result_, tls_->failure(), tls_->failure_detail(), {server_name_, protocol()});
  }
  if (!connected_ && failure.error != 0) return fail_to_connect(result_, failure.error);
  const bool malformed = failure.reason == wire::Reason::response_malformed;
  const std::string_view fault = http2_ ? http2_->fault().word : std::string_view();
  std::string_view word = malformed ? http::traits(failure.problem).reason : wire::word(failure);
  if (!fault.empty()) word = fault;
  health::Verdict verdict{Phase::connect, ReasonCode::failed_checks, std::string(word)};
  if (connected_ && fault == wire::kHttp1Answer) {
    verdict = {Phase::status, ReasonCode::failed_checks, "the target speaks HTTP/1, not HTTP/2"};
  } else if (connected_) {
    verdict = verdict_on(
        {.word = word, .http2_fault = fault, .malformed = malformed, .answer_begun = answer_begun});
  }
  result_.phase = verdict.phase;
  result_.reason = verdict.reason;
  result_.detail = verdict.detail;
}

void ExchangeProbe::fail_in_time() {
  result_.took = context_.loop.now() - began_;
  const auto late = [&](Phase phase, const char* what) {
    probe::fail_in_time(result_, phase, what, check_->timeout);
  };
  if (!connected_ && tls_ != nullptr && tls_->handshake_begun()) return late(Phase::tls, "no TLS handshake");
  if (!connected_) return late(Phase::connect, "no connection");
  if (!stream_->response_begun()) return late(Phase::first_byte, "no answer");
  if (result_.status == 0) return late(Phase::status, "no complete head");
  late(Phase::body, missing_end());
}

void ExchangeProbe::on_deadline() {
  if (error_ != 0) {
    fail_to_connect(result_, error_);
  } else if (!decided_) {
    fail_in_time();
  }
  finish();
}

}  // namespace weir::probe
