#include "lb/http/h2_response.h"

#include <algorithm>
#include <optional>

#include "lb/base/text.h"
#include "lb/http/framing.h"
#include "lb/http/hpack_encoder.h"

namespace weir::http {
namespace {

constexpr unsigned kSwitchingProtocols = 101;
constexpr std::size_t kStatusFieldBytes = 64;  // more than status, content-length and te take

constexpr bool is_bodiless(unsigned status) { return status < 200 || status == 204 || status == 304; }

bool is_of_handshake(const Field& field) {
  return field.id == FieldId::content_length ||
         (field.id == FieldId::other && base::equals_ignoring_case(field.name, "sec-websocket-accept"));
}

}  // namespace

void write_h2_response_head(std::string& block, const OutgoingResponse& head, bool head_request) {
  const bool switches = head.status == kSwitchingProtocols;
  append_hpack(block, room_for(head.fields) + kStatusFieldBytes, [&](HpackPen& pen) {
    pen.status(switches ? 200 : head.status);
    for (std::size_t i = 0; i < head.fields.size(); ++i) {
      const Field field = head.fields[i];
      if (is_of_connection(field.id) || (switches && is_of_handshake(field))) continue;
      pen.field(field.id, field.name, field.value);
    }
    if (head_request) return;
    if (head.body.kind == Body::Kind::length) pen.content_length(head.body.length);
    if (head.body.kind == Body::Kind::none && !is_bodiless(head.status)) pen.content_length(0);
  });
}

void write_h2_trailers(std::string& block, const FieldList& trailers) {
  append_hpack(block, room_for(trailers), [&](HpackPen& pen) {
    for (std::size_t i = 0; i < trailers.size(); ++i) {
      const Field field = trailers[i];
      if (!is_of_connection(field.id)) pen.field(field.id, field.name, field.value);
    }
  });
}

void H2ResponseReader::take(const HpackField& field) {
  if (!reader_.count(field)) return;
  if (field.pseudo != H2Pseudo::none) {
    if (in_fields_ || has_status_ || field.pseudo != H2Pseudo::status) {
      return reader_.malformed(Problem::bad_header);
    }
    return take_status(field.value);
  }
  in_fields_ = true;
  reader_.add(field);
}

void H2ResponseReader::take_status(std::string_view value) {
  has_status_ = true;
  const bool number = value.size() == 3 && std::ranges::all_of(value, base::is_digit) && value.front() != '0';
  if (!number) return reader_.malformed(Problem::bad_status_line);
  head_.status = static_cast<std::uint16_t>(*base::parse_decimal(value));
  if (head_.status == kSwitchingProtocols) reader_.malformed(Problem::bad_status_line);  // RFC 9113 8.6
}

H2Verdict H2ResponseReader::finish(bool end_stream) {
  if (!has_status_ || (end_stream && head_.status < 200)) reader_.malformed(Problem::bad_status_line);
  if (reader_.verdict()) {
    reader_.finish();
    read_content(end_stream);
  }
  return reader_.verdict();
}

void H2ResponseReader::read_content(bool end_stream) {
  if (is_bodiless(head_.status) || request_method_ == Method::head) return;
  const bool counted = head_.fields.has(FieldId::content_length);
  const std::uint64_t length = read_content_length(head_.fields).value;
  if (end_stream) {
    if (length != 0) reader_.malformed(Problem::incomplete_body);
  } else if (!counted) {
    head_.body.kind = Body::Kind::chunked;
  } else if (length != 0) {
    head_.body = {Body::Kind::length, length};
  }
}

}  // namespace weir::http
