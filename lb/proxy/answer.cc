#include "lb/proxy/answer.h"

#include <fmt/format.h>

#include "lb/base/text.h"
#include "lb/http/grpc_answer.h"
#include "lb/http/h1_writer.h"

namespace weir::proxy {
namespace {

// Who answered why, for people and programs.
void add_origin(const Answer& answer, http::FieldList& fields) {
  fields.add(http::FieldId::date, "Date", answer.date);
  fields.add("Proxy-Status", fmt::format("{}; error={}; details=\"{}\"", answer.server_name,
                                         wire::proxy_error(answer.failure), wire::word(answer.failure)));
  if (!answer.request_id.empty()) fields.add(http::FieldId::x_request_id, "X-Request-Id", answer.request_id);
}

std::string body_of(const Answer& answer) {
  const std::uint16_t status = wire::status(answer.failure);
  const std::string_view phrase = http::reason_phrase(status);
  const std::string_view reason = wire::word(answer.failure);
  if (answer.json) {
    return fmt::format(R"({{"status":{},"error":"{}","reason":"{}","request_id":"{}"}})", status, phrase,
                       reason, base::escape(answer.request_id));
  }
  if (answer.hint.empty()) return fmt::format("{} {} ({})\n", status, phrase, reason);
  return fmt::format("{} {} ({}): {}\n", status, phrase, reason, base::escape(answer.hint));
}

void write_to_call(const Answer& answer, http::OutgoingResponse& head) {
  const std::uint16_t status = wire::status(answer.failure);
  const std::string message =
      fmt::format("{} {} ({})", status, http::reason_phrase(status), wire::word(answer.failure));
  http::write_grpc_answer(*answer.grpc_status, message, head);
  add_origin(answer, head.fields);
}

}  // namespace

void write_answer(const Answer& answer, http::OutgoingResponse& head, std::string& body) {
  body.clear();
  if (answer.grpc_status) return write_to_call(answer, head);
  const std::uint16_t status = wire::status(answer.failure);
  body = body_of(answer);
  head.status = status;
  head.reason = {};
  head.body = {http::Body::Kind::length, body.size()};
  head.keep_alive = true;
  head.fields.clear();
  head.fields.add("Content-Type", answer.json ? "application/json" : "text/plain; charset=utf-8");
  add_origin(answer, head.fields);
  if (status == 405) head.fields.add("Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH");
  if (status == 503) head.fields.add("Retry-After", "1");
}

}  // namespace weir::proxy
