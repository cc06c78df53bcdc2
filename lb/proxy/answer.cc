#include "lb/proxy/answer.h"

#include <fmt/format.h>

#include "lb/base/text.h"
#include "lb/http/h1_writer.h"

namespace weir::proxy {

void write_answer(const Answer& answer, http::OutgoingResponse& head, std::string& body) {
  const std::uint16_t status = wire::status(answer.failure);
  const std::string_view phrase = http::reason_phrase(status);
  const std::string_view reason = wire::word(answer.failure);
  if (answer.json) {
    body = fmt::format(R"({{"status":{},"error":"{}","reason":"{}","request_id":"{}"}})", status, phrase,
                       reason, base::escape(answer.request_id));
  } else if (answer.hint.empty()) {
    body = fmt::format("{} {} ({})\n", status, phrase, reason);
  } else {
    body = fmt::format("{} {} ({}): {}\n", status, phrase, reason, base::escape(answer.hint));
  }
  head.status = status;
  head.reason = {};
  head.body = {http::Body::Kind::length, body.size()};
  head.keep_alive = true;
  http::FieldList& fields = head.fields;
  fields.clear();
  fields.add("Content-Type", answer.json ? "application/json" : "text/plain; charset=utf-8");
  fields.add(http::FieldId::date, "Date", answer.date);
  fields.add("Proxy-Status", fmt::format("{}; error={}; details=\"{}\"", answer.server_name,
                                         wire::proxy_error(answer.failure), reason));
  if (!answer.request_id.empty()) fields.add(http::FieldId::x_request_id, "X-Request-Id", answer.request_id);
  if (status == 405) fields.add("Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH");
  if (status == 503) fields.add("Retry-After", "1");
}

}  // namespace weir::proxy
