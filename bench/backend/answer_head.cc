#include "bench/backend/answer_head.h"

#include <fmt/format.h>

#include "lb/http/date.h"

namespace weir::bench {

AnswerHead::AnswerHead(const base::Clock& clock, const http::FieldList& fields)
    : clock_(clock), fields_(fields) {}

void AnswerHead::build(base::Instant now) {
  const base::WallTime wall = clock_.wall();
  const auto second = std::chrono::floor<std::chrono::seconds>(wall);
  date_due_ = now + (second + std::chrono::seconds(1) - wall);
  head_.fields.clear();
  head_.fields.add(http::FieldId::date, "Date", http::Date(second.time_since_epoch().count()).text());
  if (!fields_.has(http::FieldId::content_type)) {
    head_.fields.add(http::FieldId::content_type, "Content-Type", "text/plain");
  }
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const http::Field field = fields_[i];
    head_.fields.add(field.id, field.name, field.value);
  }
}

http::OutgoingResponse AnswerHead::without_content(base::Instant now, std::uint16_t status, http::Body body) {
  http::OutgoingResponse head = with(now, status, body);
  if (body.kind == http::Body::Kind::length) {
    head.fields.add(http::FieldId::content_length, "Content-Length", fmt::to_string(body.length));
  }
  return head;
}

}  // namespace weir::bench
