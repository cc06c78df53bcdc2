#include <algorithm>
#include <cstring>

#include "lb/base/text.h"
#include "lb/http/framing.h"
#include "lb/http/parser.h"
#include "lb/http/syntax.h"

namespace weir::http {
namespace {

constexpr std::uint8_t kMostEmptyLineBytes = 16;
constexpr char kTlsHandshake = 0x16;  // the first byte of a TLS record with a ClientHello

Method to_method(std::uint8_t llhttp_method) {
  switch (llhttp_method) {
    case HTTP_GET: return Method::get;
    case HTTP_HEAD: return Method::head;
    case HTTP_POST: return Method::post;
    case HTTP_PUT: return Method::put;
    case HTTP_DELETE: return Method::delete_;
    case HTTP_CONNECT: return Method::connect;
    case HTTP_OPTIONS: return Method::options;
    case HTTP_TRACE: return Method::trace;
    case HTTP_PATCH: return Method::patch;
    default: return Method::other;
  }
}

// Of a target or an authority: without what stands before the @ of its authority.
std::string_view without_userinfo(std::string_view text) {
  if (text.starts_with('/')) return text;
  const std::size_t scheme_end = text.find("://");
  const std::size_t authority = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const std::size_t at = text.substr(0, text.find_first_of("/?#", authority)).rfind('@');
  return at == std::string_view::npos ? text : text.substr(at + 1);
}

bool is_visible(char c) { return c > ' ' && c < 0x7f; }

}  // namespace

RequestParser::RequestParser(const ParserLimits& limits)
    : MessageParser(HTTP_REQUEST, limits, head_.fields) {}

void RequestParser::reset() {
  start_message();
  head_.clear();
  empty_line_bytes_ = 0;
}

Step RequestParser::next(std::string_view input) {
  const std::size_t size = input.size();
  if (idle()) {
    const bool fine = skip_empty_lines(input);
    if (!fine) return fail(Problem::bad_start_line, size - input.size());
    if (input.empty()) return {Step::Kind::need_more, size, {}};
    if (input.front() == kTlsHandshake) return fail(Problem::tls_on_plain_port, size - input.size());
  } else if (!in_head()) {
    return next_in_content(input);
  }
  const std::size_t skipped = size - input.size();
  Step step = read_head(input);
  step.consumed += skipped;
  return step;
}

Step RequestParser::read_head(std::string_view input) {
  Problem problem = Problem::none;
  RequestLine line;
  Step step{Step::Kind::head, idle() ? scan_plain_head(input, limits(), line, head_.fields) : 0, {}};
  if (step.consumed != 0) {
    note_plain_head();
    take_line(line.method, static_cast<std::uint32_t>(line.method_text.size()), line.version_minor);
    head_.target_at = {head_.method_at.size + 1, static_cast<std::uint32_t>(line.target.size())};
  } else {
    step = next_in_head(input);
    if (step.kind != Step::Kind::head) return step;
    problem = read_start_line();
  }
  if (problem == Problem::none) problem = read_host();
  if (problem == Problem::none) problem = read_content();
  if (problem != Problem::none) return refuse(problem, step.consumed);
  begin_content(head_.body);
  return step;
}

void RequestParser::take_line(Method method, std::uint32_t method_size, std::uint8_t version_minor) {
  head_.method = method;
  head_.method_at = {0, method_size};
  head_.version_minor = version_minor;
}

// A few CRLF before a request are ignored (RFC 9112 2.2). False: too many, or no CRLF.
bool RequestParser::skip_empty_lines(std::string_view& input) {
  while (!input.empty() && (input.front() == '\r' || input.front() == '\n' || empty_line_bytes_ % 2 != 0)) {
    const char expected = empty_line_bytes_ % 2 == 0 ? '\r' : '\n';
    if (input.front() != expected || empty_line_bytes_ == kMostEmptyLineBytes) return false;
    ++empty_line_bytes_;
    input.remove_prefix(1);
  }
  return true;
}

// Single spaces, and "HTTP/1." where llhttp would take other protocols too.
Problem RequestParser::read_start_line() {
  const std::string_view text = head_.fields.bytes();
  const auto method_size = static_cast<std::uint32_t>(
      std::strlen(llhttp_method_name(static_cast<llhttp_method_t>(llhttp().method))));
  const Extent target = start_line_part();
  const std::string_view rest = text.substr(target.at + target.size);
  if (target.at != method_size + 1 || rest.starts_with("  ")) return Problem::bad_start_line;
  if (!rest.starts_with(" HTTP/1.")) return Problem::unsupported_version;
  take_line(to_method(llhttp().method), method_size, llhttp().http_minor);
  head_.target_at = target;
  return read_target(head_.target());
}

void RequestParser::salvage() {
  const std::string_view text = head_.fields.bytes();
  const std::string_view line = text.substr(0, std::min(text.find("\r\n"), text.size()));
  const std::size_t method_end = line.find(' ');
  const std::size_t target_end = line.rfind(" HTTP/1.");
  if (head_.target_at.size != 0 || target_end == std::string_view::npos || method_end >= target_end) return;
  const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
  if (!is_token(line.substr(0, method_end)) || !std::ranges::all_of(target, is_visible)) return;
  head_.method_at = {0, static_cast<std::uint32_t>(method_end)};
  head_.target_at = head_.fields.extent_of(without_userinfo(target));
}

// The four forms of RFC 9112 3.2.
Problem RequestParser::read_target(std::string_view target) {
  if (std::memchr(target.data(), '#', target.size()) != nullptr) return Problem::bad_uri;
  if (head_.method == Method::connect) {
    if (split_authority(target).port.empty()) return Problem::bad_uri;
    head_.authority_at = head_.target_at;
  } else if (target.front() == '*') {
    if (target != "*" || head_.method != Method::options) return Problem::bad_uri;
  } else if (target.front() != '/') {
    return read_absolute_target(target);
  }
  return Problem::none;
}

Problem RequestParser::read_absolute_target(std::string_view target) {
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos) return Problem::bad_uri;
  const std::string_view scheme = target.substr(0, colon);
  if (!base::equals_ignoring_case(scheme, "http") && !base::equals_ignoring_case(scheme, "https")) {
    return Problem::bad_uri;
  }
  target.remove_prefix(colon + 3);
  const std::size_t end = target.find_first_of("/?");
  const std::string_view rest = end == std::string_view::npos ? std::string_view{} : target.substr(end);
  const std::string_view authority = target.substr(0, end);
  if (authority.empty()) return Problem::bad_authority;
  FieldList& fields = head_.fields;
  head_.authority_at = fields.extent_of(authority);
  if (rest.starts_with('/')) {
    head_.target_at = fields.extent_of(rest);
  } else if (rest.empty()) {
    head_.target_at = fields.append_bytes(head_.method == Method::options ? "*" : "/");  // RFC 9112 3.2.4
  } else {
    head_.target_at = fields.append_bytes("/" + std::string(rest));
  }
  return Problem::none;
}

// An absolute target's authority wins over Host, which must be there and be right all the same (RFC
// 9112 3.2.2).
Problem RequestParser::read_host() {
  std::size_t hosts = 0;
  std::string_view host;
  for (std::size_t i = 0; i < head_.fields.size(); ++i) {
    const Field field = head_.fields[i];
    if (field.id != FieldId::host) continue;
    host = field.value;
    ++hosts;
  }
  if (hosts > 1) return Problem::repeated_host;
  if (hosts == 0 && head_.version_minor != 0) return Problem::missing_host;
  if (hosts == 1 && !is_authority(host)) return Problem::bad_authority;
  if (head_.authority_at.size == 0) {
    if (hosts == 1) head_.authority_at = head_.fields.extent_of(host);
    return Problem::none;
  }
  return is_authority(head_.authority()) ? Problem::none : Problem::bad_authority;
}

// What has credentials is refused, and logged without them.
Step RequestParser::refuse(Problem problem, std::size_t consumed) {
  head_.target_at = head_.fields.extent_of(without_userinfo(head_.target()));
  head_.authority_at = head_.fields.extent_of(without_userinfo(head_.authority()));
  return fail(problem, consumed);
}

Problem RequestParser::read_content() {
  FieldList& fields = head_.fields;
  if (fields.has(FieldId::transfer_encoding)) {
    if (head_.version_minor == 0) return Problem::undefined_transfer_encoding_semantics;  // RFC 9112 6.1
    if (const Problem problem = check_transfer_encoding(fields); problem != Problem::none) return problem;
    if (!chunks_are_certain()) return Problem::bad_transfer_encoding;
    if (fields.has(FieldId::content_length)) return Problem::both_te_cl_present;
    head_.body.kind = Body::Kind::chunked;
  } else if (fields.has(FieldId::content_length)) {
    const ContentLength length = read_content_length(fields);
    if (length.problem != Problem::none) return length.problem;
    if (length.value != 0) head_.body = {Body::Kind::length, length.value};
  }
  if (fields.has(FieldId::expect)) {
    const bool known = base::equals_ignoring_case(*fields.find(FieldId::expect), "100-continue");
    if (!known) return Problem::bad_expectation;
    head_.expect_continue =
        head_.version_minor != 0 && head_.body.kind != Body::Kind::none;  // RFC 9110 10.1.1
  }
  head_.keep_alive = head_.method != Method::connect && read_keep_alive(fields, head_.version_minor);
  head_.accepts_trailers = list_has(fields, FieldId::te, "trailers");
  return Problem::none;
}

}  // namespace weir::http
