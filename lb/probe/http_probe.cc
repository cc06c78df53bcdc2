#include "lb/probe/http_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>
#include <vector>

#include "lb/probe/failure_text.h"
#include "lb/probe/request_fields.h"
#include "lb/wire/server_name.h"

namespace weir::probe {
namespace {

using health::Phase;
using health::ReasonCode;

http::Method method_of(std::string_view text) {
  using http::Method;
  static constexpr std::array<std::pair<std::string_view, Method>, 7> kMethods{{{"GET", Method::get},
                                                                                {"HEAD", Method::head},
                                                                                {"POST", Method::post},
                                                                                {"PUT", Method::put},
                                                                                {"DELETE", Method::delete_},
                                                                                {"OPTIONS", Method::options},
                                                                                {"PATCH", Method::patch}}};
  const auto* found = std::ranges::find(kMethods, text, [](const auto& each) { return each.first; });
  return found == kMethods.end() ? Method::other : found->second;
}

http::OutgoingRequest request_head(const model::HealthCheck& check, const base::SocketAddress& address) {
  http::OutgoingRequest head;
  head.method = method_of(check.method);
  head.method_text = check.method;
  head.target = check.path;
  head.fields = request_fields(check, address);
  head.fields.add(http::FieldId::connection, "Connection", "close");
  return head;
}

// Views of the head, and none if nothing looks at them.
std::vector<health::AnswerField> fields_of(const http::FieldList& fields, const model::HealthCheck& check) {
  std::vector<health::AnswerField> views;
  if (check.expect.headers.empty()) return views;
  views.reserve(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) views.push_back({fields[i].name, fields[i].value});
  return views;
}

}  // namespace

HttpProbe::HttpProbe(ProbeOrder order)
    : context_(order.context),
      check_(std::move(order.check)),
      owner_(order.owner),
      began_(context_.loop.now()),
      protocol_(order.outset.http2 ? "h2" : "http/1.1"),
      deadline_(context_.loop.timers(), this,
                [](void* self) { static_cast<HttpProbe*>(self)->on_deadline(); }) {
  result_.at = context_.loop.clock().wall();
  if (!order.stream) {
    error_ = order.stream.error();
    deadline_.set(began_);
    return;
  }
  deadline_.set(began_ + check_->timeout);
  const wire::Turn::Scope scope(context_.wire.turn);
  auto stream = *std::move(order.stream);
  if (check_->protocol == model::HealthCheck::Protocol::https) stream = secure(std::move(stream), order);
  connect(std::move(stream), order.outset.http2);
  send(order.address);
}

void HttpProbe::connect(std::unique_ptr<net::ByteStream> stream, bool http2) {
  wire::ClientHandler& handler = *this;
  if (!http2) {
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

std::unique_ptr<net::ByteStream> HttpProbe::secure(std::unique_ptr<net::ByteStream> stream,
                                                   const ProbeOrder& order) {
  server_name_ = wire::server_name_for(order.outset.server_name, check_->host.value_or(""), order.address);
  auto tls = net::TlsStream::connect(context_.tls, std::move(stream), *order.outset.tls,
                                     {.server_name = server_name_, .alpn = {protocol_}});
  tls_ = tls.get();
  return tls;
}

HttpProbe::~HttpProbe() {
  const wire::Turn::Scope scope(context_.wire.turn);
  finished_ = true;
  if (http1_) http1_->cancel();
  if (http2_ && stream_ != nullptr) std::exchange(stream_, nullptr)->release();
  if (http2_) http2_->close();
}

void HttpProbe::send(const base::SocketAddress& address) {
  stream_->send_head(request_head(*check_, address));
  stream_->finish({});
}

void HttpProbe::on_closed(wire::Http1Client&) {
  stream_ = nullptr;
  context_.loop.reap(std::move(http1_));
}

void HttpProbe::on_closed(wire::Http2Client&) { context_.loop.reap(std::move(http2_)); }

// Nothing of HTTP/2 is sent to whom has not agreed to it.
void HttpProbe::on_connected() {
  connected_ = true;
  if (!http2_ || tls_ == nullptr || tls_->alpn() == protocol_) return;
  decided_ = true;
  result_.took = context_.loop.now() - began_;
  fail_tls(result_, net::TlsFailure::no_application_protocol, "", {server_name_, protocol_});
  http2_->break_off({});
}

void HttpProbe::on_response_head(http::ResponseHead& head) {
  if (head.status < 200 && head.status != 101) return;
  result_.status = head.status;
  if (const auto verdict = health::judge_head(*check_, head.status, fields_of(head.fields, *check_))) {
    decide(*verdict);
  }
}

void HttpProbe::on_body(std::string_view piece) {
  if (finished_) return;
  const std::size_t most = decided_ ? health::ProbeResult::kBodyShown : model::HealthCheck::kBodyBytes;
  body_.append(piece.substr(0, most - std::min(most, body_.size())));
  received_ += piece.size();
  if (received_ < model::HealthCheck::kBodyBytes) return;
  if (!decided_) decide(health::judge_body(*check_, body_));
  finish();
}

void HttpProbe::on_end(const http::FieldList&) {
  if (finished_) return;
  if (!decided_) decide(health::judge_body(*check_, body_));
  finish();
}

void HttpProbe::on_target_failed(const wire::Failure& failure) {
  if (!finished_ && !decided_) fail(failure);
  stream_ = nullptr;
  if (!finished_) finish();
}

void HttpProbe::decide(const health::Verdict& verdict) {
  decided_ = true;
  result_.phase = verdict.phase;
  result_.reason = verdict.reason;
  result_.detail = verdict.detail;
  const base::Instant now = context_.loop.now();
  result_.took = now - began_;
  deadline_.set(std::min(began_ + check_->timeout, now + kLinger));
}

void HttpProbe::fail(const wire::Failure& failure) {
  result_.took = context_.loop.now() - began_;
  // With TLS 1.3 a target refuses weir's certificate when the handshake is over for weir.
  const bool unanswered = !connected_ || !stream_->response_begun();
  if (tls_ != nullptr && unanswered && tls_->failure() != net::TlsFailure::none) {
    return fail_tls(result_, tls_->failure(), tls_->failure_detail(), {server_name_, protocol_});
  }
  if (!connected_ && failure.error != 0) return fail_to_connect(result_, failure.error);
  result_.reason = ReasonCode::failed_checks;
  const bool malformed = failure.reason == wire::Reason::response_malformed;
  const std::string_view word = malformed ? http::traits(failure.problem).reason : wire::word(failure);
  if (!connected_) {
    result_.phase = Phase::connect;
    result_.detail = word;
  } else if (http2_ && http2_->fault().word == wire::kHttp1Answer) {
    result_.phase = Phase::status;
    result_.detail = "the target speaks HTTP/1, not HTTP/2";
  } else if (!stream_->response_begun()) {
    result_.phase = Phase::first_byte;
    result_.detail = fmt::format("no answer: {}", word);
  } else if (result_.status == 0) {
    result_.phase = Phase::status;
    result_.detail = malformed ? fmt::format("the answer is not proper HTTP: {}", word)
                               : fmt::format("the answer's head is not complete: {}", word);
  } else {
    result_.phase = Phase::body;
    result_.detail = fmt::format("the body is not complete: {}", word);
  }
}

void HttpProbe::fail_in_time() {
  result_.took = context_.loop.now() - began_;
  const auto late = [&](Phase phase, const char* what) {
    probe::fail_in_time(result_, phase, what, check_->timeout);
  };
  if (!connected_ && tls_ != nullptr && tls_->handshake_begun()) return late(Phase::tls, "no TLS handshake");
  if (!connected_) return late(Phase::connect, "no connection");
  if (!stream_->response_begun()) return late(Phase::first_byte, "no answer");
  if (result_.status == 0) return late(Phase::status, "no complete head");
  late(Phase::body, "no complete body");
}

void HttpProbe::on_deadline() {
  if (error_ != 0) {
    fail_to_connect(result_, error_);
  } else if (!decided_) {
    fail_in_time();
  }
  finish();
}

void HttpProbe::finish() {
  finished_ = true;
  deadline_.clear();
  result_.body_start = body_.substr(0, health::ProbeResult::kBodyShown);
  owner_.on_result(result_);
}

}  // namespace weir::probe
