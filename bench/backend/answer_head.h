#pragma once

#include "lb/base/clock.h"
#include "lb/http/head.h"

namespace weir::bench {

// The head of every answer of one thread, built once: only the status and the length change from answer to
// answer, and the date once a second.
class AnswerHead {
 public:
  // `fields` are beside Date, and Content-Type unless they have one.
  AnswerHead(const base::Clock& clock, const http::FieldList& fields);

  // To be sent at once: it is the same object each time. `now` is the loop's time.
  const http::OutgoingResponse& with(base::Instant now, std::uint16_t status, http::Body body) {
    if (now >= date_due_) build(now);
    head_.status = status;
    head_.body = body;
    return head_;
  }
  // Of an answer to HEAD: it says how long the content would be, and has none.
  http::OutgoingResponse without_content(base::Instant now, std::uint16_t status, http::Body body);

 private:
  void build(base::Instant now);

  const base::Clock& clock_;
  const http::FieldList& fields_;
  base::Instant date_due_{};
  http::OutgoingResponse head_;
};

}  // namespace weir::bench
