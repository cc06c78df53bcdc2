#include "lb/http/field_id.h"

#include <cstring>

namespace weir::http {
namespace {

// Whether `Word` bytes of a name are those of a known one in lower case. Letters, digits and '-' are
// all that known names have: setting the 0x20 bit makes these of nothing else but control characters.
template <class Word>
bool same_word(const char* name, const char* known) {
  Word a = 0;
  Word b = 0;
  std::memcpy(&a, name, sizeof a);
  std::memcpy(&b, known, sizeof b);
  return (a | static_cast<Word>(0x2020202020202020U)) == b;
}

// Whether `name`, which has the length of `known`, is it.
template <std::size_t Size>
bool same(std::string_view name, const char (&known)[Size]) {
  constexpr std::size_t kLength = Size - 1;
  if constexpr (kLength >= 8) {
    for (std::size_t i = 0; i + 8 < kLength; i += 8) {
      if (!same_word<std::uint64_t>(name.data() + i, known + i)) return false;
    }
    return same_word<std::uint64_t>(name.data() + kLength - 8, known + kLength - 8);
  } else if constexpr (kLength >= 4) {
    return same_word<std::uint32_t>(name.data(), known) &&
           same_word<std::uint32_t>(name.data() + kLength - 4, known + kLength - 4);
  } else {
    return same_word<std::uint16_t>(name.data(), known) &&
           same_word<std::uint16_t>(name.data() + kLength - 2, known + kLength - 2);
  }
}

FieldId of_length_up_to_7(std::string_view name) {
  switch (name.size()) {
    case 2: return same(name, "te") ? FieldId::te : FieldId::other;
    case 3: return same(name, "via") ? FieldId::via : FieldId::other;
    case 4:
      if (same(name, "host")) return FieldId::host;
      return same(name, "date") ? FieldId::date : FieldId::other;
    case 6:
      if (same(name, "accept")) return FieldId::accept;
      if (same(name, "cookie")) return FieldId::cookie;
      if (same(name, "server")) return FieldId::server;
      if (same(name, "expect")) return FieldId::expect;
      return same(name, "origin") ? FieldId::origin : FieldId::other;
    case 7:
      if (same(name, "referer")) return FieldId::referer;
      if (same(name, "upgrade")) return FieldId::upgrade;
      if (same(name, "expires")) return FieldId::expires;
      return same(name, "trailer") ? FieldId::trailer : FieldId::other;
    default: return FieldId::other;
  }
}

FieldId of_length_8_to_12(std::string_view name) {
  switch (name.size()) {
    case 8: return same(name, "location") ? FieldId::location : FieldId::other;
    case 9: return same(name, "forwarded") ? FieldId::forwarded : FieldId::other;
    case 10:
      if (same(name, "connection")) return FieldId::connection;
      if (same(name, "user-agent")) return FieldId::user_agent;
      if (same(name, "set-cookie")) return FieldId::set_cookie;
      if (same(name, "keep-alive")) return FieldId::keep_alive;
      return same(name, "tracestate") ? FieldId::tracestate : FieldId::other;
    case 11: return same(name, "traceparent") ? FieldId::traceparent : FieldId::other;
    case 12:
      if (same(name, "content-type")) return FieldId::content_type;
      if (same(name, "x-request-id")) return FieldId::x_request_id;
      return same(name, "proxy-status") ? FieldId::proxy_status : FieldId::other;
    default: return FieldId::other;
  }
}

FieldId of_length_13_up(std::string_view name) {
  switch (name.size()) {
    case 13:
      if (same(name, "cache-control")) return FieldId::cache_control;
      if (same(name, "authorization")) return FieldId::authorization;
      return same(name, "content-range") ? FieldId::content_range : FieldId::other;
    case 14:
      if (same(name, "content-length")) return FieldId::content_length;
      return same(name, "http2-settings") ? FieldId::http2_settings : FieldId::other;
    case 15:
      if (same(name, "x-forwarded-for")) return FieldId::x_forwarded_for;
      return same(name, "x-amzn-trace-id") ? FieldId::x_amzn_trace_id : FieldId::other;
    case 16:
      if (same(name, "content-encoding")) return FieldId::content_encoding;
      if (same(name, "x-forwarded-host")) return FieldId::x_forwarded_host;
      if (same(name, "x-forwarded-port")) return FieldId::x_forwarded_port;
      if (same(name, "www-authenticate")) return FieldId::www_authenticate;
      return same(name, "proxy-connection") ? FieldId::proxy_connection : FieldId::other;
    case 17:
      if (same(name, "transfer-encoding")) return FieldId::transfer_encoding;
      return same(name, "x-forwarded-proto") ? FieldId::x_forwarded_proto : FieldId::other;
    case 18: return same(name, "proxy-authenticate") ? FieldId::proxy_authenticate : FieldId::other;
    case 19: return same(name, "proxy-authorization") ? FieldId::proxy_authorization : FieldId::other;
    case 25:
      return same(name, "proxy-authentication-info") ? FieldId::proxy_authentication_info : FieldId::other;
    default: return FieldId::other;
  }
}

}  // namespace

FieldId field_id(std::string_view name) {
  if (name.size() < 8) return of_length_up_to_7(name);
  return name.size() < 13 ? of_length_8_to_12(name) : of_length_13_up(name);
}

}  // namespace weir::http
