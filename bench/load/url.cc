#include "bench/load/url.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/base/text.h"
#include "lb/http/syntax.h"

namespace weir::bench {
namespace {

std::unexpected<std::string> refuse(std::string_view text, std::string_view why) {
  return std::unexpected(fmt::format("'{}' {}", base::escape(text), why));
}

// Bytes that would end a request line or begin something else.
bool breaks_a_line(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; }

}  // namespace

std::expected<Url, std::string> parse_url(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (std::ranges::any_of(text, breaks_a_line)) return refuse(text, "has spaces or control characters");
  if (rest.starts_with("https://") || rest.starts_with("wss://")) {
    return refuse(text, "needs TLS, which weir-bench does not speak yet");
  }
  url.web_socket = rest.starts_with("ws://");
  if (!url.web_socket && !rest.starts_with("http://"))
    return refuse(text, "must begin with http:// or ws://");
  rest.remove_prefix(rest.find("//") + 2);
  rest = rest.substr(0, rest.find('#'));

  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  url.target = rest.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  if (authority.contains('@')) return refuse(text, "has a user name; use --header for Authorization");
  if (!http::is_authority(authority)) return refuse(text, "has no proper host and port");

  const auto [host, port] = http::split_authority(authority);
  url.authority = port == "80" ? host : authority;
  url.address = fmt::format("{}:{}", host, port.empty() ? "80" : port);
  return url;
}

}  // namespace weir::bench
