#include "lb/http/syntax.h"

#include <algorithm>
#include <array>

#include "lb/base/address.h"
#include "lb/base/text.h"
#include "lb/http/byte_scan.h"

namespace weir::http {
namespace {

// unreserved and sub-delims of RFC 3986, without the comma.
constexpr std::array<bool, 256> kRegNameCharacters = [] {
  std::array<bool, 256> allowed{};
  for (unsigned c = '0'; c <= '9'; ++c) allowed[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) allowed[c] = allowed[c - 'a' + 'A'] = true;
  for (char c : std::string_view("-._~!$&'()*+;=")) allowed[static_cast<unsigned char>(c)] = true;
  return allowed;
}();

bool is_hex(char c) {
  const char l = base::lower(c);
  return base::is_digit(l) || (l >= 'a' && l <= 'f');
}

bool is_reg_name(std::string_view host) {
  for (std::size_t i = 0; i < host.size(); ++i) {
    if (kRegNameCharacters[static_cast<unsigned char>(host[i])]) continue;
    const bool encoded = host[i] == '%' && i + 2 < host.size() && is_hex(host[i + 1]) && is_hex(host[i + 2]);
    if (!encoded) return false;
    i += 2;
  }
  return !host.empty();
}

bool is_ip_literal(std::string_view host) {
  if (!host.ends_with(']') || host.find(':') == std::string_view::npos) return false;
  return base::IpAddress::parse(host.substr(1, host.size() - 2)).has_value();
}

bool is_port(std::string_view port) {
  if (port.size() > 5 || !std::ranges::all_of(port, base::is_digit)) return false;
  return port.size() < 5 || base::parse_decimal(port) <= 65535;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_character);
}

bool is_field_value(std::string_view text) {
  return find_control(text.data(), text.data() + text.size()) == text.data() + text.size();
}

Authority split_authority(std::string_view authority) {
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return {authority, {}};
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

bool is_authority(std::string_view text) {
  const Authority parts = split_authority(text);
  if (!is_port(parts.port)) return false;
  return parts.host.starts_with('[') ? is_ip_literal(parts.host) : is_reg_name(parts.host);
}

}  // namespace weir::http
