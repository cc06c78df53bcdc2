#include "lb/probe/grpc_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lb/health/grpc_judge.h"
#include "lb/http/grpc_health.h"
#include "lb/http/grpc_status.h"
#include "lb/probe/failure_text.h"
#include "lb/probe/request_fields.h"
#include "lb/wire/server_name.h"

namespace weir::probe {
namespace {

using health::Phase;
using health::ReasonCode;

constexpr const char* kProtocol = "h2";  // of ALPN

http::OutgoingRequest request_head(const model::HealthCheck& check, const base::SocketAddress& address) {
  http::OutgoingRequest head;
  head.method = http::Method::post;
  head.method_text = "POST";
  head.target = check.path.empty() ? http::kGrpcHealthPath : std::string_view(check.path);
  head.body.kind = http::Body::Kind::chunked;
  head.accepts_trailers = true;
  head.fields = request_fields(check, address);
  if (!head.fields.find("content-type")) head.fields.add("content-type", http::kGrpcContentType);
  return head;
}

}  // namespace

GrpcProbe::GrpcProbe(ProbeOrder order)
    : context_(order.context),
      check_(std::move(order.check)),
      owner_(order.owner),
      began_(context_.loop.now()),
      deadline_(context_.loop.timers(), this,
                [](void* self) { static_cast<GrpcProbe*>(self)->on_deadline(); }) {
  result_.at = context_.loop.clock().wall();
  if (!order.stream) {
    error_ = order.stream.error();
    deadline_.set(began_);
    return;
  }
  deadline_.set(began_ + check_->timeout);
  const wire::Turn::Scope scope(context_.wire.turn);
  wire::Http2ClientOwner& connection_owner = *this;
  auto stream = *std::move(order.stream);
  if (order.outset.tls) stream = secure(std::move(stream), order);
  connection_ = std::make_unique<wire::Http2Client>(
      context_.wire, context_.http2, std::move(stream), /*connecting=*/true, context_.policy,
      context_.http2_policy, tls_ != nullptr ? "https" : "http", connection_owner);
  send(order.address);
}

std::unique_ptr<net::ByteStream> GrpcProbe::secure(std::unique_ptr<net::ByteStream> stream,
                                                   const ProbeOrder& order) {
  server_name_ = wire::server_name_for(order.outset.server_name, check_->host.value_or(""), order.address);
  auto tls = net::TlsStream::connect(context_.tls, std::move(stream), *order.outset.tls,
                                     {.server_name = server_name_, .alpn = {kProtocol}});
  tls_ = tls.get();
  return tls;
}

GrpcProbe::~GrpcProbe() {
  finished_ = true;
  if (connection_) connection_->break_off({});
}

void GrpcProbe::send(const base::SocketAddress& address) {
  wire::ClientHandler& handler = *this;
  stream_ = &connection_->begin(handler);
  stream_->send_head(request_head(*check_, address));
  stream_->send_body(context_.wire.turn.keep(http::grpc_health_request(check_->service)));
  stream_->finish({});
}

void GrpcProbe::on_closed(wire::Http2Client&) {
  context_.loop.reap(std::move(connection_));
  if (decided_ && !finished_) finish();
}

// --- the answer

std::size_t GrpcProbe::most_content() const {
  return asks_health() ? http::kGrpcHealthBytes : model::HealthCheck::kBodyBytes;
}

void GrpcProbe::on_connected() {
  connected_ = true;
  if (tls_ != nullptr && tls_->alpn() != kProtocol) refuse_protocol();
}

void GrpcProbe::on_response_head(http::ResponseHead& head) {
  if (head.status < 200) return;
  result_.status = head.status;
  content_type_ = head.fields.find("content-type").value_or("");
  take_ending(head.fields);
}

void GrpcProbe::take_ending(const http::FieldList& fields) {
  grpc_status_ = fields.find("grpc-status");
  grpc_message_ = fields.find("grpc-message").value_or("");
}

void GrpcProbe::on_body(std::string_view piece) {
  const std::size_t room = most_content() + 1 - content_.size();
  content_.append(piece.substr(0, room));
  if (content_.size() > most_content()) decide(judge_large_answer());
}

void GrpcProbe::on_end(const http::FieldList& trailers) {
  if (!trailers.empty()) take_ending(trailers);
  decide(judge());
}

bool GrpcProbe::is_answer_of_grpc() const { return result_.status == 200 && http::is_grpc(content_type_); }

health::Verdict GrpcProbe::judge() const {
  const health::GrpcAnswer answer{.http_status = result_.status,
                                  .content_type = content_type_,
                                  .grpc_status = grpc_status_,
                                  .grpc_message = grpc_message_,
                                  .content = content_};
  return asks_health() ? health::judge_grpc_health(answer)
                       : health::judge_grpc_status(answer, check_->expect.grpc);
}

health::Verdict GrpcProbe::judge_large_answer() const {
  if (!is_answer_of_grpc()) return judge();
  return {Phase::body, ReasonCode::failed_checks,
          fmt::format("the answer has more than {} bytes", most_content())};
}

void GrpcProbe::decide(const health::Verdict& verdict) {
  decided_ = true;
  result_.phase = verdict.phase;
  result_.reason = verdict.reason;
  result_.detail = verdict.detail;
  const base::Instant now = context_.loop.now();
  result_.took = now - began_;
  deadline_.set(std::min(began_ + check_->timeout, now + kLinger));
  std::exchange(stream_, nullptr)->release();
  connection_->leave();
}

// Nothing of HTTP/2 is sent to whom has not agreed to it.
void GrpcProbe::refuse_protocol() {
  decided_ = true;
  result_.took = context_.loop.now() - began_;
  fail_tls(result_, net::TlsFailure::no_application_protocol, "", {server_name_, kProtocol});
  stream_ = nullptr;
  connection_->break_off({});
}

// --- no answer

void GrpcProbe::on_target_failed(const wire::Failure& failure) {
  const auto* const stream = std::exchange(stream_, nullptr);
  if (decided_ || finished_) return;
  fail(failure, stream->response_begun());
  finish();
}

void GrpcProbe::fail(const wire::Failure& failure, bool begun) {
  result_.took = context_.loop.now() - began_;
  // With TLS 1.3 a target refuses weir's certificate when the handshake is over for weir.
  if (tls_ != nullptr && !begun && tls_->failure() != net::TlsFailure::none) {
    return fail_tls(result_, tls_->failure(), tls_->failure_detail(), {server_name_, kProtocol});
  }
  if (!connected_ && failure.error != 0) return fail_to_connect(result_, failure.error);
  result_.reason = ReasonCode::failed_checks;
  const wire::Http2Fault& fault = connection_->fault();
  const bool malformed = failure.reason == wire::Reason::response_malformed;
  const std::string_view word = malformed ? http::traits(failure.problem).reason : wire::word(failure);
  if (!connected_) {
    result_.phase = Phase::connect;
    result_.detail = word;
  } else if (fault.word == wire::kHttp1Answer) {
    result_.phase = Phase::status;
    result_.detail = "the target speaks HTTP/1, not HTTP/2";
  } else if (fault.error != http::H2Error::no_error || malformed) {
    result_.phase = Phase::status;
    result_.detail = fmt::format("the answer is not proper HTTP/2: {}", malformed ? word : fault.word);
  } else if (!begun) {
    result_.phase = Phase::first_byte;
    result_.detail = fmt::format("no answer: {}", word);
  } else {
    result_.phase = Phase::body;
    result_.detail = fmt::format("the call did not end properly: {}", word);
  }
}

void GrpcProbe::fail_in_time() {
  result_.took = context_.loop.now() - began_;
  const auto late = [&](Phase phase, const char* what) {
    probe::fail_in_time(result_, phase, what, check_->timeout);
  };
  if (!connected_ && tls_ != nullptr && tls_->handshake_begun()) return late(Phase::tls, "no TLS handshake");
  if (!connected_) return late(Phase::connect, "no connection");
  if (!stream_->response_begun()) return late(Phase::first_byte, "no answer");
  if (result_.status == 0) return late(Phase::status, "no complete head");
  late(Phase::body, "no end of the call");
}

void GrpcProbe::on_deadline() {
  if (error_ != 0) {
    fail_to_connect(result_, error_);
  } else if (!decided_) {
    fail_in_time();
  }
  finish();
}

// What gRPC says is not for reading; an error page is.
void GrpcProbe::finish() {
  finished_ = true;
  deadline_.clear();
  if (!is_answer_of_grpc()) result_.body_start = content_.substr(0, health::ProbeResult::kBodyShown);
  owner_.on_result(result_);
}

}  // namespace weir::probe
