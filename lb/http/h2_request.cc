#include "lb/http/h2_request.h"

#include <llhttp.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "lb/base/text.h"
#include "lb/http/framing.h"
#include "lb/http/hpack_encoder.h"
#include "lb/http/syntax.h"

namespace weir::http {
namespace {

constexpr std::size_t kPseudoBytes = 128;  // more than the pseudo-header fields take besides their values

struct KnownMethod {
  std::string_view text;
  Method method;
};

constexpr KnownMethod kKnownMethods[] = {
    {"GET", Method::get},     {"POST", Method::post},       {"HEAD", Method::head},
    {"PUT", Method::put},     {"DELETE", Method::delete_},  {"OPTIONS", Method::options},
    {"PATCH", Method::patch}, {"CONNECT", Method::connect}, {"TRACE", Method::trace},
};

// Those that HTTP/1.1 is served with, and no others.
std::optional<Method> read_method(std::string_view text) {
  const auto known = std::ranges::find(kKnownMethods, text, &KnownMethod::text);
  if (known != std::end(kKnownMethods)) return known->method;
#define WEIR_METHOD(number, name, word) \
  if (text == #word) return Method::other;
  HTTP_METHOD_MAP(WEIR_METHOD)
#undef WEIR_METHOD
  return std::nullopt;
}

// The same host and port by the rules of the scheme (RFC 9113 8.3.1, RFC 9110 4.2.3).
bool is_same_authority(std::string_view a, std::string_view b, std::string_view default_port) {
  if (a == b) return true;
  const Authority left = split_authority(a);
  const Authority right = split_authority(b);
  const auto port = [&](const Authority& authority) {
    return authority.port.empty() ? default_port : authority.port;
  };
  return base::equals_ignoring_case(left.host, right.host) && port(left) == port(right);
}

}  // namespace

void H2RequestReader::take(const HpackField& field) {
  if (!reader_.count(field)) return;
  if (field.pseudo != H2Pseudo::none) return take_pseudo(field);
  in_fields_ = true;
  if (field.id == FieldId::host) return take_host(field);
  reader_.add(field);
}

// RFC 9113 8.3: in front, known, once.
void H2RequestReader::take_pseudo(const HpackField& field) {
  if (in_fields_ || has(field.pseudo) || !field.good_value) return reader_.malformed(Problem::bad_header);
  seen_ |= bit(field.pseudo);
  switch (field.pseudo) {
    case H2Pseudo::method: return take_method(field.value);
    case H2Pseudo::path: return take_path(field.value);
    case H2Pseudo::scheme: return take_scheme(field.value);
    case H2Pseudo::authority: return take_authority(field.value);
    case H2Pseudo::protocol: return take_protocol(field.value);
    default: return reader_.malformed(Problem::bad_header);
  }
}

void H2RequestReader::take_protocol(std::string_view value) {
  if (!extended_connect_ || !is_token(value)) return reader_.malformed(Problem::bad_header);
  protocol_at_ = head_.fields.append_bytes(value);
}

void H2RequestReader::take_method(std::string_view value) {
  if (!is_token(value)) return reader_.malformed(Problem::bad_method);
  head_.method_at = head_.fields.append_bytes(value);
  if (const std::optional<Method> method = read_method(value)) {
    head_.method = *method;
  } else {
    reader_.refuse(Problem::unknown_method);
  }
}

void H2RequestReader::take_scheme(std::string_view value) {
  https_ = base::equals_ignoring_case(value, "https");
  if (!https_ && !base::equals_ignoring_case(value, "http")) reader_.refuse(Problem::bad_uri);
}

// Which form it has to have is known only with the method.
void H2RequestReader::take_path(std::string_view value) {
  if (value.empty()) return reader_.malformed(Problem::bad_uri);
  if (value.size() > reader_.limits().target_bytes) return reader_.refuse(Problem::target_too_long);
  const auto wrong = std::ranges::find_if_not(value, is_target_character);
  if (wrong != value.end()) {
    const bool ascii = static_cast<unsigned char>(*wrong) < 0x80;
    return reader_.refuse(ascii ? Problem::bad_uri : Problem::ambiguous_uri);
  }
  head_.target_at = head_.fields.append_bytes(value);
}

// It becomes the Host field of HTTP/1.1. User information must not be there and is not logged.
void H2RequestReader::take_authority(std::string_view value) {
  if (value.contains('@')) return reader_.malformed(Problem::bad_authority);
  if (!is_authority(value)) return reader_.refuse(Problem::bad_authority);
  head_.fields.append_field(FieldId::host, "host", value);
  head_.authority_at = head_.fields.extent_of(head_.fields[head_.fields.size() - 1].value);
}

void H2RequestReader::take_host(const HpackField& field) {
  if (!field.good_value) return reader_.malformed(Problem::bad_header);
  if (std::exchange(has_host_, true)) return reader_.malformed(Problem::repeated_host);
  if (!has(H2Pseudo::authority)) return take_authority(field.value);
  if (!is_same_authority(head_.authority(), field.value, https_ ? "443" : "80")) {
    reader_.malformed(Problem::bad_authority);
  }
}

H2Verdict H2RequestReader::finish(bool end_stream) {
  if (reader_.verdict()) read_target();
  if (reader_.verdict()) {
    reader_.finish();
    read_content(end_stream);
  }
  if (reader_.verdict() && is_upgrade()) become_upgrade();
  return reader_.verdict();
}

// Which pseudo-header fields there have to be (RFC 9113 8.3.1, 8.5, RFC 8441 4), and the form of the target.
void H2RequestReader::read_target() {
  if (!has(H2Pseudo::method)) return reader_.malformed(Problem::bad_method);
  const bool connect = head_.method == Method::connect;
  if (is_upgrade() && (!connect || !has(H2Pseudo::authority))) return reader_.malformed(Problem::bad_header);
  if (connect && !is_upgrade()) {
    const bool only_authority = has(H2Pseudo::authority) && !has(H2Pseudo::scheme) && !has(H2Pseudo::path);
    if (!only_authority) return reader_.malformed(Problem::bad_uri);
    if (split_authority(head_.authority()).port.empty()) return reader_.refuse(Problem::bad_uri);
    head_.target_at = head_.authority_at;
    return;
  }
  if (!has(H2Pseudo::scheme) || !has(H2Pseudo::path)) return reader_.malformed(Problem::bad_uri);
  const std::string_view target = head_.target();
  const bool asterisk = target == "*" && head_.method == Method::options;
  if (!asterisk && !target.starts_with('/')) return reader_.malformed(Problem::bad_uri);
  if (head_.authority_at.size == 0) reader_.refuse(Problem::missing_host);
}

void H2RequestReader::read_content(bool end_stream) {
  const FieldList& fields = head_.fields;
  const bool counted = fields.has(FieldId::content_length);
  const std::uint64_t length = read_content_length(fields).value;
  if (end_stream || head_.method == Method::connect) {
    if (length != 0) return reader_.malformed(Problem::incomplete_body);
  } else if (!counted) {
    head_.body.kind = Body::Kind::chunked;
  } else if (length != 0) {
    head_.body = {Body::Kind::length, length};
  }
  if (fields.has(FieldId::expect)) {
    const bool known = base::equals_ignoring_case(*fields.find(FieldId::expect), "100-continue");
    if (!known) return reader_.refuse(Problem::bad_expectation);
    head_.expect_continue = head_.body.kind != Body::Kind::none;
  }
  head_.keep_alive = head_.method != Method::connect;
  head_.accepts_trailers = fields.has(FieldId::te);
}

void H2RequestReader::become_upgrade() {
  FieldList& fields = head_.fields;
  head_.method = Method::get;
  head_.method_at = fields.append_bytes("GET");
  head_.keep_alive = true;
  fields.append_field(FieldId::connection, "connection", "Upgrade");
  fields.append_field(FieldId::upgrade, "upgrade", std::string(protocol()));
}

void add_websocket_key(RequestHead& head, const std::array<std::uint64_t, 2>& random) {
  static constexpr std::string_view kName = "sec-websocket-key";
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (head.fields.find(kName)) return;
  // 128 bits are 21 digits of 6 bits, one more with the last 2, and the padding of base64 (RFC 4648 4).
  std::array<char, 24> key{};
  std::uint64_t bits = random[0];
  for (std::size_t i = 0; i < 10; ++i, bits >>= 6) key[i] = kDigits[bits & 63];
  const std::uint64_t rest = bits;  // 4 bits
  bits = random[1];
  for (std::size_t i = 10; i < 20; ++i, bits >>= 6) key[i] = kDigits[bits & 63];
  key[20] = kDigits[rest | (bits & 3) << 4];
  key[21] = kDigits[(bits >> 2 & 3) << 4];
  key[22] = key[23] = '=';
  head.fields.append_field(FieldId::other, kName, {key.data(), key.size()});
}

void write_h2_request_head(std::string& block, const OutgoingRequest& head, std::string_view scheme) {
  const std::string_view authority = head.fields.find(FieldId::host).value_or(head.authority);
  const std::size_t most = head.method_text.size() + scheme.size() + authority.size() + head.target.size() +
                           room_for(head.fields) + kPseudoBytes;
  append_hpack(block, most, [&](HpackPen& pen) {
    pen.method(head.method_text);
    pen.scheme(scheme);
    if (!authority.empty()) pen.authority(authority);
    pen.path(head.target);
    for (std::size_t i = 0; i < head.fields.size(); ++i) {
      const Field field = head.fields[i];
      if (field.id == FieldId::host || field.id == FieldId::te || is_of_connection(field.id)) continue;
      pen.field(field.id, field.name, field.value);
    }
    if (head.body.kind == Body::Kind::length) pen.content_length(head.body.length);
    if (head.body.kind == Body::Kind::none && expects_content(head.method)) pen.content_length(0);
    if (head.accepts_trailers) pen.field(FieldId::te, "te", "trailers");
  });
}

}  // namespace weir::http
