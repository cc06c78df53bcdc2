#include "lb/probe/grpc_probe.h"

#include <fmt/format.h>

#include <utility>

#include "lb/health/grpc_judge.h"
#include "lb/http/grpc_health.h"
#include "lb/http/grpc_status.h"
#include "lb/probe/request_fields.h"

namespace weir::probe {
namespace {

using health::Phase;
using health::ReasonCode;

http::OutgoingRequest call_head(const model::HealthCheck& check, const base::SocketAddress& address) {
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
    : ExchangeProbe(order, {.secure = order.outset.tls != nullptr, .http2 = true}) {
  const wire::Turn::Scope scope(turn());
  ask(order, call_head(check(), order.address), turn().keep(http::grpc_health_request(check().service)));
}

// --- the answer

std::size_t GrpcProbe::most_content() const {
  return asks_health() ? http::kGrpcHealthBytes : model::HealthCheck::kBodyBytes;
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
  if (content_.size() > most_content()) end_with(judge_large_answer());
}

void GrpcProbe::on_end(const http::FieldList& trailers) {
  if (!trailers.empty()) take_ending(trailers);
  end_with(judge());
}

void GrpcProbe::end_with(const health::Verdict& verdict) {
  decide(verdict);
  hang_up();
}

bool GrpcProbe::is_answer_of_grpc() const { return result_.status == 200 && http::is_grpc(content_type_); }

// What gRPC says is not for reading; an error page is.
std::string_view GrpcProbe::shown_content() const {
  return is_answer_of_grpc() ? std::string_view() : content_;
}

health::Verdict GrpcProbe::judge() const {
  const health::GrpcAnswer answer{.http_status = result_.status,
                                  .content_type = content_type_,
                                  .grpc_status = grpc_status_,
                                  .grpc_message = grpc_message_,
                                  .content = content_};
  return asks_health() ? health::judge_grpc_health(answer)
                       : health::judge_grpc_status(answer, check().expect.grpc);
}

health::Verdict GrpcProbe::judge_large_answer() const {
  if (!is_answer_of_grpc()) return judge();
  return {Phase::body, ReasonCode::failed_checks,
          fmt::format("the answer has more than {} bytes", most_content())};
}

health::Verdict GrpcProbe::verdict_on(const Trouble& trouble) const {
  const auto failed = [](Phase phase, const char* what, std::string_view why) {
    return health::Verdict{phase, ReasonCode::failed_checks, fmt::format("{}: {}", what, why)};
  };
  if (trouble.malformed || !trouble.http2_fault.empty()) {
    return failed(Phase::status, "the answer is not proper HTTP/2", trouble.word);
  }
  if (!trouble.answer_begun) return failed(Phase::first_byte, "no answer", trouble.word);
  return failed(Phase::body, "the call did not end properly", trouble.word);
}

}  // namespace weir::probe
