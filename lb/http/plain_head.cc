#include "lb/http/plain_head.h"

#include <algorithm>

#include "lb/base/text.h"
#include "lb/http/byte_scan.h"
#include "lb/http/syntax.h"

namespace weir::http {
namespace {

const char* find_colon(const char* at, const char* end) {
  return find_byte(
      at, end, [](std::uint64_t word) { return bytes_equal(word, ':'); }, [](char c) { return c == ':'; });
}

// What the framing hangs on must be as plain as can be.
bool is_plain_framing(const FieldList& fields, FieldId id, std::string_view value) {
  if (fields.has(FieldId::content_length) || fields.has(FieldId::transfer_encoding)) return false;
  if (id == FieldId::transfer_encoding) return base::equals_ignoring_case(value, "chunked");
  return !value.empty() && value.size() < 20 && std::ranges::all_of(value, base::is_digit);
}

// Field lines and the empty line behind them, from `at` on. Returns the end of the head or nullptr.
const char* scan_fields(const char* begin, const char* at, const char* end, std::uint32_t most_fields,
                        FieldList& fields) {
  while (true) {
    const char* const line_end = find_control(at, end);
    if (end - line_end < 2 || line_end[0] != '\r' || line_end[1] != '\n') return nullptr;
    if (line_end == at) return at + 2;
    const char* const colon = find_colon(at, line_end);
    const std::string_view name{at, colon};
    const FieldId id = field_id(name);
    if (colon == line_end || name.size() > UINT16_MAX) return nullptr;
    if (id == FieldId::other && !is_token(name)) return nullptr;  // an id is of tokens only
    const char* value = colon + 1;
    const char* value_end = line_end;
    while (value != value_end && is_blank(*value)) ++value;
    if (id == FieldId::content_length || id == FieldId::transfer_encoding) {
      if (!is_plain_framing(fields, id, {value, value_end})) return nullptr;
    }
    while (value_end != value && is_blank(value_end[-1])) --value_end;
    if (fields.size() == most_fields) return nullptr;
    fields.append_ref(id, static_cast<std::uint32_t>(at - begin), static_cast<std::uint32_t>(name.size()),
                      static_cast<std::uint32_t>(value - begin),
                      static_cast<std::uint32_t>(value_end - value));
    at = line_end + 2;
  }
}

// "HTTP/1.0" or "HTTP/1.1".
bool read_version(std::string_view text, std::uint8_t& minor) {
  if (!text.starts_with("HTTP/1.") || (text[7] != '0' && text[7] != '1')) return false;
  minor = static_cast<std::uint8_t>(text[7] - '0');
  return true;
}

bool read_method(std::string_view input, RequestLine& line) {
  static constexpr std::pair<std::string_view, Method> kMethodPrefixes[] = {
      {"GET ", Method::get},     {"POST ", Method::post},      {"HEAD ", Method::head},
      {"PUT ", Method::put},     {"DELETE ", Method::delete_}, {"OPTIONS ", Method::options},
      {"PATCH ", Method::patch},
  };
  for (const auto& [text, method] : kMethodPrefixes) {
    if (!input.starts_with(text)) continue;
    line.method = method;
    line.method_text = input.substr(0, text.size() - 1);
    return true;
  }
  return false;
}

// The size of the line with its end; 0 if it is not plain.
std::size_t read_line(std::string_view input, const ParserLimits& limits, RequestLine& line) {
  if (!read_method(input, line)) return 0;
  const std::size_t begin = line.method_text.size() + 1;
  std::size_t at = begin;
  while (at < input.size() && is_target_character(input[at])) ++at;
  line.target = input.substr(begin, at - begin);
  if (!line.target.starts_with('/') || line.target.size() > limits.target_bytes) return 0;
  const std::string_view rest = input.substr(at);
  if (rest.size() < 11 || rest[0] != ' ' || rest[9] != '\r' || rest[10] != '\n') return 0;
  return read_version(rest.substr(1), line.version_minor) ? at + 11 : 0;
}

std::size_t read_line(std::string_view input, const ParserLimits&, StatusLine& line) {
  if (input.size() < 14 || !read_version(input, line.version_minor)) return 0;
  const auto digit = [&](std::size_t at) { return static_cast<unsigned>(input[at] - '0'); };
  if (!base::is_digit(input[9]) || input[9] == '0' || !base::is_digit(input[10]) ||
      !base::is_digit(input[11]))
    return 0;
  line.status = static_cast<std::uint16_t>(digit(9) * 100 + digit(10) * 10 + digit(11));
  if (input[8] != ' ' || input[12] != ' ') return 0;
  const char* const reason = input.data() + 13;
  const char* const end = find_control(reason, input.data() + input.size());
  line.reason = {reason, end};
  const std::size_t size = 13 + line.reason.size();
  return input.substr(size, 2) == "\r\n" ? size + 2 : 0;
}

template <class Line>
std::size_t scan(std::string_view input, const ParserLimits& limits, Line& line, FieldList& fields) {
  input = input.substr(0, limits.head_bytes);
  const std::size_t line_size = read_line(input, limits, line);
  if (line_size == 0) return 0;
  const char* const begin = input.data();
  const char* const head_end =
      scan_fields(begin, begin + line_size, begin + input.size(), limits.fields, fields);
  if (head_end == nullptr) {
    fields.clear();
    return 0;
  }
  const auto size = static_cast<std::size_t>(head_end - begin);
  fields.append_bytes(input.substr(0, size));
  return size;
}

}  // namespace

std::size_t scan_plain_head(std::string_view input, const ParserLimits& limits, RequestLine& line,
                            FieldList& fields) {
  return scan(input, limits, line, fields);
}

std::size_t scan_plain_head(std::string_view input, const ParserLimits& limits, StatusLine& line,
                            FieldList& fields) {
  return scan(input, limits, line, fields);
}

}  // namespace weir::http
