#include "lb/routing/redirect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lb/base/text.h"
#include "lb/http/syntax.h"
#include "lb/routing/template.h"

namespace weir::routing {
namespace {

using Variable = model::Template::Variable;

constexpr std::array<std::string_view, 5> kRedirectErrorNames = {"loop", "control_character", "bad_scheme",
                                                                 "bad_authority", "bad_path"};

struct Url {
  std::string scheme;
  std::string host;
  std::uint16_t port = 0;
  std::string path;
  std::string query;
};

Url split(const RequestedUrl& url) {
  const std::size_t question = std::min(url.target.find('?'), url.target.size());
  const std::string_view path = url.target.substr(0, question);
  return {.scheme = std::string(url.scheme),
          .host = std::string(url.host),
          .port = url.port,
          .path = path.starts_with('/') ? std::string(path) : "/",  // `*` has no URL of its own
          .query = std::string(url.target.substr(std::min(question + 1, url.target.size())))};
}

std::uint16_t default_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

std::string expanded(const model::Template& text, const TemplateValues& values, std::string_view unwritten) {
  if (text.parts.empty()) return std::string(unwritten);
  std::string result;
  expand(text, values, result);
  return result;
}

// 0 is none.
std::uint16_t port_of(const model::RedirectAction& action, const TemplateValues& values, const Url& from,
                      std::string_view scheme) {
  if (action.port.parts.empty()) {
    const bool follows = scheme != from.scheme && from.port == default_port(from.scheme);
    return follows ? default_port(scheme) : from.port;
  }
  const std::uint64_t port = base::parse_decimal(expanded(action.port, values, {})).value_or(0);
  return port <= 65535 ? static_cast<std::uint16_t>(port) : std::uint16_t{0};
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_visible(char c) { return c > ' ' && c < 0x7f; }

bool is_same(const Url& a, const Url& b) {
  return a.scheme == b.scheme && base::equals_ignoring_case(a.host, b.host) && a.port == b.port &&
         a.path == b.path && a.query == b.query;
}

std::expected<void, RedirectError> check(const Url& url) {
  for (const std::string* part : {&url.scheme, &url.host, &url.path, &url.query}) {
    if (std::ranges::any_of(*part, is_control)) return std::unexpected(RedirectError::control_character);
  }
  if (url.scheme != "http" && url.scheme != "https") return std::unexpected(RedirectError::bad_scheme);
  const bool has_port = !http::split_authority(url.host).port.empty() || url.host.ends_with(':');
  if (url.port == 0 || has_port || !http::is_authority(url.host)) {
    return std::unexpected(RedirectError::bad_authority);
  }
  const bool visible =
      std::ranges::all_of(url.path, is_visible) && std::ranges::all_of(url.query, is_visible);
  if (!url.path.starts_with('/') || !visible) return std::unexpected(RedirectError::bad_path);
  return {};
}

std::string text_of(const Url& url) {
  std::string text = fmt::format("{}://{}", url.scheme, url.host);
  if (url.port != default_port(url.scheme)) text += fmt::format(":{}", url.port);
  text += url.path;
  if (!url.query.empty()) text += '?' + url.query;
  return text;
}

}  // namespace

std::string_view to_string(RedirectError error) {
  return kRedirectErrorNames[static_cast<std::size_t>(error)];
}

std::expected<std::string, RedirectError> redirect_location(const model::RedirectAction& action,
                                                            const RequestedUrl& url) {
  const Url from = split(url);
  const std::string port = fmt::to_string(from.port);
  TemplateValues values;
  values.set(Variable::scheme, from.scheme);
  values.set(Variable::host, from.host);
  values.set(Variable::port, port);
  values.set(Variable::path, std::string_view(from.path).substr(1));
  values.set(Variable::query, from.query);
  Url to;
  to.scheme = expanded(action.scheme, values, from.scheme);
  to.host = expanded(action.host, values, from.host);
  to.port = port_of(action, values, from, to.scheme);
  to.path = expanded(action.path, values, from.path);
  to.query = expanded(action.query, values, from.query);
  if (const auto checked = check(to); !checked) return std::unexpected(checked.error());
  if (is_same(to, from)) return std::unexpected(RedirectError::loop);
  return text_of(to);
}

}  // namespace weir::routing
