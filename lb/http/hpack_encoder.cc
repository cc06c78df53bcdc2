#include "lb/http/hpack_encoder.h"

#include <array>
#include <charconv>
#include <cstring>

#include "lb/base/text.h"
#include "lb/http/hpack_field.h"

namespace weir::http {
namespace {

// Patterns of RFC 7541 6.
constexpr std::uint8_t kLiteral = 0x00;
constexpr std::uint8_t kNeverIndexed = 0x10;

// Of the static table (RFC 7541 A).
constexpr std::uint8_t kAuthority = 1;
constexpr std::uint8_t kMethod = 2;
constexpr std::uint8_t kGet = 2;
constexpr std::uint8_t kPost = 3;
constexpr std::uint8_t kPath = 4;
constexpr std::uint8_t kRoot = 4;
constexpr std::uint8_t kScheme = 6;
constexpr std::uint8_t kHttp = 6;
constexpr std::uint8_t kHttps = 7;
constexpr std::uint8_t kStatus = 8;
constexpr std::uint8_t kContentLength = 28;

struct StaticName {
  std::uint8_t index = 0;  // 0: not in the table
  bool secret = false;
};

constexpr StaticName static_name(FieldId id) {
  switch (id) {
    case FieldId::accept: return {19};
    case FieldId::authorization: return {23, true};
    case FieldId::cache_control: return {24};
    case FieldId::content_encoding: return {26};
    case FieldId::content_length: return {kContentLength};
    case FieldId::content_range: return {30};
    case FieldId::content_type: return {31};
    case FieldId::cookie: return {32, true};
    case FieldId::date: return {33};
    case FieldId::expect: return {35};
    case FieldId::expires: return {36};
    case FieldId::host: return {38};
    case FieldId::location: return {46};
    case FieldId::proxy_authenticate: return {48};
    case FieldId::proxy_authorization: return {49, true};
    case FieldId::referer: return {51};
    case FieldId::server: return {54};
    case FieldId::set_cookie: return {55, true};
    case FieldId::transfer_encoding: return {57};
    case FieldId::user_agent: return {58};
    case FieldId::via: return {60};
    case FieldId::www_authenticate: return {61};
    default: return {};
  }
}

constexpr std::size_t kFieldIds = static_cast<std::size_t>(FieldId::www_authenticate) + 1;
constexpr std::array<StaticName, kFieldIds> kStaticNames = [] {
  std::array<StaticName, kFieldIds> names{};
  for (std::size_t id = 0; id < kFieldIds; ++id) names[id] = static_name(static_cast<FieldId>(id));
  return names;
}();

// Statuses that the table has with their name.
constexpr std::uint8_t static_status(unsigned status) {
  switch (status) {
    case 200: return 8;
    case 204: return 9;
    case 206: return 10;
    case 304: return 11;
    case 400: return 12;
    case 404: return 13;
    case 500: return 14;
    default: return 0;
  }
}

constexpr std::uint8_t with(std::uint8_t pattern, std::uint8_t index) {
  return static_cast<std::uint8_t>(pattern | index);
}

}  // namespace

void HpackPen::number(std::uint8_t pattern, unsigned prefix_bits, std::size_t value) {
  const std::size_t most = (std::size_t{1} << prefix_bits) - 1;
  if (value < most) {
    *at_++ = static_cast<char>(pattern | value);
    return;
  }
  *at_++ = static_cast<char>(pattern | most);
  for (value -= most; value >= 0x80; value >>= 7) *at_++ = static_cast<char>(0x80 | (value & 0x7f));
  *at_++ = static_cast<char>(value);
}

void HpackPen::text(std::string_view text) {
  number(0, 7, text.size());
  if (!text.empty()) std::memcpy(at_, text.data(), text.size());
  at_ += text.size();
}

void HpackPen::literal(std::uint8_t static_name, std::string_view value) {
  number(kLiteral, 4, static_name);
  text(value);
}

void HpackPen::status(unsigned status) {
  if (const std::uint8_t index = static_status(status); index != 0) {
    *at_++ = static_cast<char>(with(kHpackIndexed, index));
    return;
  }
  const char digits[] = {static_cast<char>('0' + status / 100), static_cast<char>('0' + status / 10 % 10),
                         static_cast<char>('0' + status % 10)};
  literal(kStatus, {digits, sizeof digits});
}

void HpackPen::method(std::string_view method) {
  if (method == "GET") {
    *at_++ = static_cast<char>(with(kHpackIndexed, kGet));
  } else if (method == "POST") {
    *at_++ = static_cast<char>(with(kHpackIndexed, kPost));
  } else {
    literal(kMethod, method);
  }
}

void HpackPen::scheme(std::string_view scheme) {
  if (scheme == "http" || scheme == "https") {
    *at_++ = static_cast<char>(with(kHpackIndexed, scheme.size() == 4 ? kHttp : kHttps));
  } else {
    literal(kScheme, scheme);
  }
}

void HpackPen::path(std::string_view path) {
  if (path == "/") {
    *at_++ = static_cast<char>(with(kHpackIndexed, kRoot));
  } else {
    literal(kPath, path);
  }
}

void HpackPen::authority(std::string_view authority) { literal(kAuthority, authority); }

void HpackPen::pseudo(std::string_view name, std::string_view value) {
  *at_++ = static_cast<char>(kLiteral);
  text(name);
  text(value);
}

void HpackPen::field(FieldId id, std::string_view name, std::string_view value) {
  const StaticName known = kStaticNames[static_cast<std::size_t>(id)];
  number(known.secret ? kNeverIndexed : kLiteral, 4, known.index);
  if (known.index == 0) {
    number(0, 7, name.size());
    for (const char c : name) *at_++ = base::lower(c);
  }
  text(value);
}

void HpackPen::content_length(std::uint64_t length) {
  std::array<char, 20> digits{};
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), length).ptr;
  literal(kContentLength, {digits.data(), end});
}

}  // namespace weir::http
