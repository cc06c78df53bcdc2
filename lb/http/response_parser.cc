#include <algorithm>

#include "lb/http/framing.h"
#include "lb/http/parser.h"
#include "lb/http/syntax.h"

namespace weir::http {
namespace {

constexpr std::uint32_t kReasonAt = 13;  // behind "HTTP/1.1 200 "

}  // namespace

ResponseParser::ResponseParser(const ParserLimits& limits)
    : MessageParser(HTTP_RESPONSE, limits, head_.fields) {}

void ResponseParser::reset() {
  start_message();
  head_.clear();
}

Step ResponseParser::next(std::string_view input) {
  if (!idle() && !in_head()) return next_in_content(input);
  if (input.empty()) return {};
  if (idle() && input.front() != 'H') return fail(Problem::bad_status_line, 0);  // no empty lines here
  Problem problem = Problem::none;
  StatusLine line;
  Step step{Step::Kind::head, idle() ? scan_plain_head(input, limits(), line, head_.fields) : 0, {}};
  if (step.consumed != 0) {
    note_plain_head();
    take_line(line.status, {kReasonAt, static_cast<std::uint32_t>(line.reason.size())}, line.version_minor);
  } else {
    step = next_in_head(input);
    if (step.kind != Step::Kind::head) return step;
    problem = read_status_line();
  }
  if (problem == Problem::none) problem = read_content();
  if (problem != Problem::none) return fail(problem, step.consumed);
  begin_content(head_.body);
  return step;
}

void ResponseParser::take_line(std::uint16_t status, Extent reason, std::uint8_t version_minor) {
  head_.status = status;
  head_.reason_at = reason;
  head_.version_minor = version_minor;
}

Step ResponseParser::at_eof() {
  switch (phase_) {
    case Phase::idle: return fail(Problem::closed_before_response, 0);
    case Phase::head:
    case Phase::diagnosis: return fail(Problem::incomplete_head, 0);
    case Phase::chunked: return fail(Problem::incomplete_body, 0);
    case Phase::length:
      if (body_left() != 0) return fail(Problem::incomplete_body, 0);
      break;
    case Phase::failed: return {Step::Kind::failed, 0, {}};
    default: break;
  }
  phase_ = Phase::ended;
  return {Step::Kind::end, 0, {}};
}

// llhttp lets anything pass in a reason phrase and a second CR at the end of the line.
Problem ResponseParser::read_status_line() {
  const std::string_view reason = head_.fields.view(start_line_part());
  const std::string_view text = head_.fields.bytes();
  const std::string_view line = text.substr(0, text.find('\n'));
  if (!line.ends_with('\r') || line.find('\r') + 1 != line.size()) return Problem::bad_status_line;
  if (!is_field_value(reason) || llhttp().status_code < 100) return Problem::bad_status_line;
  take_line(llhttp().status_code, start_line_part(), llhttp().http_minor);
  return Problem::none;
}

// RFC 9112 6.3, in its order.
Problem ResponseParser::read_content() {
  const FieldList& fields = head_.fields;
  const bool coded = fields.has(FieldId::transfer_encoding);
  const bool counted = fields.has(FieldId::content_length);
  const ContentLength length = read_content_length(fields);
  if (length.problem != Problem::none) return length.problem;
  if (coded && counted) return Problem::both_te_cl_present;
  if (coded) {
    if (head_.version_minor == 0) return Problem::undefined_transfer_encoding_semantics;
    if (const Problem problem = check_transfer_encoding(fields); problem != Problem::none) return problem;
    if (!chunks_are_certain()) return Problem::bad_transfer_encoding;
  }
  head_.keep_alive = read_keep_alive(fields, head_.version_minor);
  const bool bodiless = head_.status < 200 || head_.status == 204 || head_.status == 304;
  if (bodiless || request_method_ == Method::head) return Problem::none;
  if (coded) {
    head_.body.kind = Body::Kind::chunked;
  } else if (!counted) {
    head_.body.kind = Body::Kind::until_close;
    head_.keep_alive = false;
  } else if (length.value != 0) {
    head_.body = {Body::Kind::length, length.value};
  }
  return Problem::none;
}

}  // namespace weir::http
