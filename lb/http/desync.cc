#include "lb/http/desync.h"

#include <cstring>
#include <string_view>

#include "lb/base/text.h"

namespace weir::http {
namespace {

// Whether the letters of `name` are those of `known` in spite of other characters between them:
// another reader might drop or replace these ("Content_Length", "Transfer-Encoding-").
bool has_letters_of(std::string_view name, std::string_view known) {
  std::size_t next = 0;
  for (char c : name) {
    const char l = base::lower(c);
    if (l < 'a' || l > 'z') {
      if (base::is_digit(c)) return false;
      continue;
    }
    if (next == known.size() || l != known[next]) return false;
    ++next;
  }
  return next == known.size();
}

// No shorter name has the letters, and nobody normalises a much longer one.
bool is_suspicious(std::string_view name) {
  if (name.size() < 13 || name.size() > 64) return false;
  return has_letters_of(name, "contentlength") || has_letters_of(name, "transferencoding");
}

bool has_byte_outside_ascii(std::string_view bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::uint64_t seen = 0;
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, 8);
    seen |= word;
  }
  for (; i < bytes.size(); ++i) seen |= static_cast<unsigned char>(bytes[i]);
  return (seen & kHighBits) != 0;
}

Classification with(Problem reason) { return {traits(reason).desync, reason}; }

// GET and HEAD have no content (RFC 9110 9.3.1, 9.3.2).
Problem content_oddity(const RequestHead& request) {
  if (request.method != Method::get && request.method != Method::head) return Problem::none;
  switch (request.body.kind) {
    case Body::Kind::chunked: return Problem::undefined_transfer_encoding_semantics;
    case Body::Kind::length: return Problem::undefined_content_length_semantics;
    default: break;
  }
  return request.fields.has(FieldId::content_length) ? Problem::get_head_zero_content_length : Problem::none;
}

}  // namespace

Classification classify(const RequestHead& request) {
  const FieldList& fields = request.fields;
  if (fields.has(FieldId::other)) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].id == FieldId::other && is_suspicious(fields[i].name))
        return with(Problem::suspicious_header);
    }
  }
  const Problem content = content_oddity(request);
  if (content != Problem::none) return with(content);
  if (has_byte_outside_ascii(fields.bytes())) return with(Problem::non_compliant_header);
  return {};
}

DesyncVerdict decide(DesyncMode mode, const Classification& classification) {
  if (classification.desync == DesyncClass::none) return DesyncVerdict::forward;
  switch (mode) {
    case DesyncMode::monitor: return DesyncVerdict::forward;
    case DesyncMode::defensive: return DesyncVerdict::forward_and_close;
    case DesyncMode::strictest: break;
  }
  return DesyncVerdict::refuse;
}

}  // namespace weir::http
