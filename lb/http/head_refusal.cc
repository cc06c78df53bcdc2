#include <algorithm>

#include "lb/base/text.h"
#include "lb/http/message_parser.h"
#include "lb/http/syntax.h"

// Why a head is refused. llhttp stops at the first wrong byte, which does not always tell enough:
// then the rest of the line is waited for, so that the answer never depends on how the bytes were
// cut.
namespace weir::http {
namespace {

constexpr std::size_t kMostDiagnosisBytes = 256;

// Control characters and bytes outside ASCII, but those that end lines or strings.
bool is_ambiguous_in_target(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x7f || (byte < 0x20 && c != '\0' && c != '\r' && c != '\n');
}

bool is_rtsp(std::uint8_t method) { return method >= HTTP_DESCRIBE && method <= HTTP_FLUSH; }

}  // namespace

// As soon as the version is known not to be 1.x. llhttp takes a request line without one for 0.9, but
// only when it sees what follows the line.
Problem MessageParser::version_problem() const {
  if (llhttp_.http_major == 1) return Problem::none;
  if (llhttp_.http_major == 0 && llhttp_.http_minor != 9) {
    const bool line_ended = fields_.bytes().find('\n') != std::string_view::npos;
    if (!line_ended) return Problem::none;
  } else if (llhttp_.type == HTTP_REQUEST && llhttp_.method == HTTP_PRI) {
    return Problem::http2_preface;
  }
  return target_is_too_long() ? Problem::target_too_long : Problem::unsupported_version;
}

// What follows the method in a request line that llhttp gave up before it told of its target.
std::string_view MessageParser::after_method() const {
  const std::string_view text = fields_.bytes();
  const std::size_t begin = text.find_first_not_of(' ', std::min(text.find(' '), text.size()));
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

bool MessageParser::target_is_too_long() const {
  if (llhttp_.type != HTTP_REQUEST) return false;
  const std::string_view target = after_method();
  return std::min(target.find_first_of(" \r\n"), target.size()) > limits_.target_bytes;
}

// Whether the first byte that no target has is one that ends neither lines nor strings.
bool MessageParser::target_is_ambiguous(char next) const {
  const std::string_view target = after_method();
  const auto wrong = std::ranges::find_if_not(target, [](char c) { return c > ' ' && c < 0x7f; });
  return is_ambiguous_in_target(wrong == target.end() ? next : *wrong);
}

// Whether the bytes end inside the name of a field.
bool MessageParser::in_name() const {
  const std::string_view text = fields_.bytes();
  const std::string_view line = text.substr(text.rfind('\n') + 1);
  return !line.empty() && line.find(':') == std::string_view::npos;
}

Step MessageParser::refuse_head(llhttp_errno_t error, std::string_view rest, std::size_t consumed) {
  const Problem problem = head_problem(error, rest.empty() ? '\0' : rest.front());
  if (problem != Problem::none) return fail(problem, consumed);
  phase_ = Phase::diagnosis;
  switch (error) {
    case HPE_INVALID_METHOD: diagnosis_from_ = 0; break;
    case HPE_INVALID_TRANSFER_ENCODING: {
      const std::size_t colon = fields_.bytes().find(':', fields_.bytes().rfind('\n'));
      diagnosis_from_ = static_cast<std::uint32_t>(colon + 1);
      break;
    }
    default: diagnosis_from_ = head_size_; break;
  }
  return diagnose(rest, consumed);
}

// llhttp stops at or behind the wrong byte; `next` is the one behind what it took. none: more of the line is
// needed.
Problem MessageParser::head_problem(llhttp_errno_t error, char next) const {
  if (problem_ != Problem::none) return problem_;
  switch (error) {
    case HPE_INVALID_METHOD: return Problem::none;
    case HPE_INVALID_URL:
      if (target_is_too_long()) return Problem::target_too_long;
      return target_is_ambiguous(next) ? Problem::ambiguous_uri : Problem::bad_uri;
    case HPE_INVALID_HEADER_TOKEN:
      if (fields_.bytes().ends_with("\r\n:") || (next == ':' && fields_.bytes().ends_with("\r\n")))
        return Problem::empty_header;
      return fields_.size() == limits_.fields && in_name() ? Problem::too_many_headers : Problem::bad_header;
    case HPE_INVALID_CONSTANT:
      if (llhttp_.type == HTTP_RESPONSE) return Problem::bad_status_line;
      if (is_rtsp(llhttp_.method)) return Problem::unknown_method;
      return fields_.bytes().ends_with('/') ? Problem::unsupported_version : Problem::bad_version;
    case HPE_INVALID_VERSION: {
      const bool complete = base::is_digit(fields_.bytes().empty() ? 'x' : fields_.bytes().back());
      const bool known = llhttp_.http_major == 1 && llhttp_.http_minor <= 1;
      return complete && !known ? Problem::unsupported_version : Problem::bad_version;
    }
    case HPE_INVALID_STATUS: return Problem::bad_status_line;
    case HPE_UNEXPECTED_CONTENT_LENGTH: return Problem::none;
    case HPE_INVALID_CONTENT_LENGTH:
      return (llhttp_.flags & F_TRANSFER_ENCODING) != 0 ? Problem::both_te_cl_present
                                                        : Problem::bad_content_length;
    case HPE_INVALID_TRANSFER_ENCODING:
      return (llhttp_.flags & F_CONTENT_LENGTH) != 0 ? Problem::both_te_cl_present : Problem::none;
    default: return Problem::bad_header;
  }
}

Step MessageParser::diagnose(std::string_view input, std::size_t consumed) {
  const std::size_t seen = head_size_ - diagnosis_from_;
  const std::size_t room = seen < kMostDiagnosisBytes ? kMostDiagnosisBytes - seen : 0;
  const std::size_t line_end = input.find('\n');
  const bool whole = line_end != std::string_view::npos || input.size() >= room;
  const std::size_t taken =
      std::min({input.size(), room, line_end == std::string_view::npos ? room : line_end + 1});
  fields_.append_bytes(input.substr(0, taken));
  head_size_ += static_cast<std::uint32_t>(taken);
  const std::string_view text = fields_.bytes().substr(diagnosis_from_);
  const bool method = llhttp_get_errno(&llhttp_) == HPE_INVALID_METHOD;
  if (!whole && (!method || is_token(text))) return {Step::Kind::need_more, consumed + taken, {}};
  return fail(diagnosis(text), consumed + taken);
}

Problem MessageParser::diagnosis(std::string_view text) const {
  if (llhttp_get_errno(&llhttp_) == HPE_INVALID_METHOD) {
    const std::size_t space = text.find(' ');
    const bool token = space != std::string_view::npos && is_token(text.substr(0, space));
    return token ? Problem::unknown_method : Problem::bad_method;
  }
  const std::string_view value = base::trim(text.substr(0, text.find('\r')));
  if (llhttp_get_errno(&llhttp_) == HPE_UNEXPECTED_CONTENT_LENGTH) {
    return base::parse_decimal(value) == llhttp_.content_length ? Problem::duplicate_content_length
                                                                : Problem::multiple_content_length;
  }
  std::size_t chunked = (llhttp_.flags & F_CHUNKED) != 0 ? 1 : 0;
  base::for_each_list_element(value, [&](std::string_view coding) {
    if (base::equals_ignoring_case(coding, "chunked")) ++chunked;
  });
  return chunked > 1 ? Problem::multiple_transfer_encoding_chunked : Problem::bad_transfer_encoding;
}

}  // namespace weir::http
