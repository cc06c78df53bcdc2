#include "lb/model/collector_url.h"

#include <algorithm>

#include "lb/base/address.h"
#include "lb/base/text.h"

namespace weir::model {
namespace {

constexpr std::size_t kLongest = 2048;
constexpr std::size_t kLongestHost = 253;

bool is_printable(char c) { return c > ' ' && c < 0x7f; }

bool is_name_character(char c) {
  const char letter = base::lower(c);
  return base::is_digit(c) || (letter >= 'a' && letter <= 'z') || c == '-' || c == '_' || c == '.';
}

// Who ends in a number means an address.
bool ends_in_number(std::string_view host) {
  return std::ranges::all_of(host.substr(host.rfind('.') + 1), base::is_digit);
}

bool is_host(std::string_view host) {
  if (host.empty() || ends_in_number(host)) return base::IpAddress::parse(host).has_value();
  return host.size() <= kLongestHost && host.front() != '.' && host.front() != '-' &&
         std::ranges::all_of(host, is_name_character);
}

// [host] or [ip]:port, into both. False: it is neither.
bool read_authority(std::string_view authority, CollectorUrl& url) {
  std::string_view port;
  bool has_port = false;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return false;
    url.host = authority.substr(1, end - 1);
    const auto ip = base::IpAddress::parse(url.host);
    if (!ip || ip->is_v4()) return false;
    port = authority.substr(end + 1);
    if (!port.empty() && port.front() != ':') return false;
    has_port = !port.empty();
    if (has_port) port.remove_prefix(1);
  } else {
    const std::size_t colon = authority.find(':');
    has_port = colon != std::string_view::npos;
    url.host = authority.substr(0, colon);
    if (has_port) port = authority.substr(colon + 1);
    if (!is_host(url.host)) return false;
  }
  if (!has_port) return true;
  const auto number = base::parse_decimal(port);
  if (!number || *number == 0 || *number > 65535) return false;
  url.port = static_cast<std::uint16_t>(*number);
  return true;
}

}  // namespace

std::expected<CollectorUrl, CollectorUrlError> parse_collector_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  constexpr std::string_view kSecureScheme = "https://";
  const auto begins = [&](std::string_view scheme) {
    return base::equals_ignoring_case(text.substr(0, scheme.size()), scheme);
  };
  if (begins(kSecureScheme)) return std::unexpected(CollectorUrlError::needs_tls);
  if (!begins(kScheme) || text.size() > kLongest || !std::ranges::all_of(text, is_printable) ||
      text.find_first_of("#@\"") != std::string_view::npos) {
    return std::unexpected(CollectorUrlError::not_a_url);
  }
  const std::string_view rest = text.substr(kScheme.size());
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  CollectorUrl url;
  url.authority = rest.substr(0, end);
  url.path = rest.substr(end);
  if (!read_authority(url.authority, url)) return std::unexpected(CollectorUrlError::not_a_url);
  if (url.path.empty() || url.path == "/") return std::unexpected(CollectorUrlError::no_path);
  if (url.path.front() != '/') return std::unexpected(CollectorUrlError::not_a_url);
  return url;
}

}  // namespace weir::model
