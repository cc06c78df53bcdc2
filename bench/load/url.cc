#include "bench/load/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "lb/base/text.h"
#include "lb/http/syntax.h"

namespace weir::bench {
namespace {

std::unexpected<std::string> refuse(std::string_view text, std::string_view why) {
  return std::unexpected(fmt::format("'{}' {}", base::escape(text), why));
}

struct Scheme {
  std::string_view name;
  bool web_socket;
  bool secure;
  std::string_view port;
};

constexpr Scheme kSchemes[] = {{"http", false, false, "80"},
                               {"https", false, true, "443"},
                               {"ws", true, false, "80"},
                               {"wss", true, true, "443"}};

const Scheme* scheme_of(std::string_view text) {
  const std::string_view name = text.substr(0, text.find("://"));
  const auto* const found = std::ranges::find(kSchemes, name, &Scheme::name);
  return found == std::end(kSchemes) || name.size() == text.size() ? nullptr : found;
}

// Bytes that would end a request line or begin something else.
bool breaks_a_line(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; }

}  // namespace

std::string_view Url::scheme() const {
  return std::ranges::find_if(
             kSchemes,
             [this](const Scheme& one) { return one.web_socket == web_socket && one.secure == secure; })
      ->name;
}

std::expected<Url, std::string> parse_url(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (std::ranges::any_of(text, breaks_a_line)) return refuse(text, "has spaces or control characters");
  const Scheme* const scheme = scheme_of(text);
  if (scheme == nullptr) return refuse(text, "must begin with http://, https://, ws:// or wss://");
  url.web_socket = scheme->web_socket;
  url.secure = scheme->secure;
  rest.remove_prefix(rest.find("//") + 2);
  rest = rest.substr(0, rest.find('#'));

  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  url.target = rest.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  if (authority.contains('@')) return refuse(text, "has a user name; use --header for Authorization");
  if (!http::is_authority(authority)) return refuse(text, "has no proper host and port");

  const auto [host, port] = http::split_authority(authority);
  url.authority = port == scheme->port ? host : authority;
  url.address = fmt::format("{}:{}", host, port.empty() ? scheme->port : port);
  return url;
}

}  // namespace weir::bench
