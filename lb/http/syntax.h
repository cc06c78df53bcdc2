#pragma once

#include <array>
#include <string_view>

// The small grammars of RFC 9110 and RFC 3986 that several readers of heads need.
namespace weir::http {

inline constexpr std::array<bool, 256> kTokenCharacters = [] {
  std::array<bool, 256> allowed{};
  for (unsigned c = '0'; c <= '9'; ++c) allowed[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) allowed[c] = allowed[c - 'a' + 'A'] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) allowed[static_cast<unsigned char>(c)] = true;
  return allowed;
}();
constexpr bool is_token_character(char c) { return kTokenCharacters[static_cast<unsigned char>(c)]; }

// Of a request target in origin form: visible ASCII but '#'.
inline constexpr std::array<bool, 256> kTargetCharacters = [] {
  std::array<bool, 256> allowed{};
  for (unsigned c = 0x21; c < 0x7f; ++c) allowed[c] = c != '#';
  return allowed;
}();
constexpr bool is_target_character(char c) { return kTargetCharacters[static_cast<unsigned char>(c)]; }

// token of RFC 9110 5.6.2; the empty text is none.
bool is_token(std::string_view text);

// OWS of RFC 9110 5.6.3.
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

// A field value as it may be sent: no control characters but tab (RFC 9110 5.5).
bool is_field_value(std::string_view text);

// uri-host [ ":" port ] with a host that is not empty and without user information. Stricter than
// RFC 3986: no comma, no zone of an IPv6 address, port at most 65535.
bool is_authority(std::string_view text);

struct Authority {
  std::string_view host;  // an IPv6 address with its brackets
  std::string_view port;  // empty: none given
};
Authority split_authority(std::string_view authority);

}  // namespace weir::http
