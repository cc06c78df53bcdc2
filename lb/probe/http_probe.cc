#include "lb/probe/http_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "lb/probe/request_fields.h"

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
    : ExchangeProbe(order, {.secure = order.check->protocol == model::HealthCheck::Protocol::https,
                            .http2 = order.outset.http2}) {
  ask(order, request_head(check(), order.address), {});
}

void HttpProbe::on_response_head(http::ResponseHead& head) {
  if (head.status < 200 && head.status != 101) return;
  result_.status = head.status;
  if (const auto verdict = health::judge_head(check(), head.status, fields_of(head.fields, check()))) {
    decide(*verdict);
  }
}

void HttpProbe::on_body(std::string_view piece) {
  if (finished()) return;
  const std::size_t most = decided() ? health::ProbeResult::kBodyShown : model::HealthCheck::kBodyBytes;
  body_.append(piece.substr(0, most - std::min(most, body_.size())));
  received_ += piece.size();
  if (received_ >= model::HealthCheck::kBodyBytes) on_end({});
}

void HttpProbe::on_end(const http::FieldList&) {
  if (!decided()) decide(health::judge_body(check(), body_));
  finish();
}

health::Verdict HttpProbe::verdict_on(const Trouble& trouble) const {
  const auto failed = [](Phase phase, std::string detail) {
    return health::Verdict{phase, ReasonCode::failed_checks, std::move(detail)};
  };
  if (!trouble.answer_begun) return failed(Phase::first_byte, fmt::format("no answer: {}", trouble.word));
  if (result_.status != 0)
    return failed(Phase::body, fmt::format("the body is not complete: {}", trouble.word));
  const char* const what =
      trouble.malformed ? "the answer is not proper HTTP" : "the answer's head is not complete";
  return failed(Phase::status, fmt::format("{}: {}", what, trouble.word));
}

}  // namespace weir::probe
