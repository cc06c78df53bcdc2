#include <algorithm>

#include "config/keys/routing_fields.h"
#include "config/keys/scalars.h"
#include "lb/base/text.h"
#include "lb/http/syntax.h"

namespace weir::config {

using model::RedirectAction;
using model::Template;

namespace {

using Variable = Template::Variable;

Codec<std::uint16_t> redirect_status() {
  auto codec = one_of<std::uint16_t>({{"301", 301}, {"302", 302}, {"303", 303}, {"307", 307}, {"308", 308}});
  codec.schema = either_schema(std::move(codec.schema), {{"enum", {301, 302, 303, 307, 308}}});
  return codec;
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_scheme(std::string_view text) { return text == "http" || text == "https"; }

bool is_host(std::string_view text) {
  return http::is_authority(text) && http::split_authority(text).port.empty() && !text.ends_with(':');
}

bool is_port(std::string_view text) {
  const auto port = base::parse_decimal(text);
  return port && *port >= 1 && *port <= 65535;
}

bool is_redirect_path(std::string_view text) { return text.starts_with('/') && is_visible(text); }

bool is_query(std::string_view text) { return !text.starts_with('?') && is_visible(text); }

// As it would be for http://example.com:80/path?query.
std::string sample_of(const Template& text) {
  std::string result;
  for (const Template::Part& part : text.parts) {
    result += part.text;
    switch (part.variable) {
      case Variable::scheme: result += "http"; break;
      case Variable::host: result += "example.com"; break;
      case Variable::port: result += "80"; break;
      case Variable::path: result += "path"; break;
      case Variable::query: result += "query"; break;
      default: break;
    }
  }
  return result;
}

Codec<Template> part(const char* expected, bool (*is_one)(std::string_view)) {
  auto codec = redirect_template();
  codec.read = [expected, is_one, read = std::move(codec.read)](const Value& value) {
    auto text = read(value);
    if (text && !is_one(sample_of(*text))) {
      value.report().add<Message::redirect_part>(value.where(), expected, shown(to_string(*text)));
      text.reset();
    }
    return text;
  };
  return codec;
}

const Table<RedirectAction>& redirect_table() {
  static const Table<RedirectAction> table{
      .doc = "Sends the client elsewhere; what is left out stays as the client asked for it",
      .fields = {
          field("status", "301, 302, 303, 307 or 308", &RedirectAction::status, redirect_status()),
          field("scheme", "http, https or #{scheme}", &RedirectAction::scheme,
                part("http, https or #{scheme}", is_scheme)),
          field("host", "A name, perhaps with #{host}", &RedirectAction::host,
                part("a host without a port, perhaps with #{host}", is_host)),
          field("port", "A number or #{port}; that of the scheme is left out", &RedirectAction::port,
                part("a port in 1-65535 or #{port}", is_port)),
          field("path", "With its leading slash: /#{path}", &RedirectAction::path,
                part("a path that begins with '/', such as /#{path}, without spaces", is_redirect_path)),
          field("query", "Without the question mark: #{query}", &RedirectAction::query,
                part("a query without its question mark and spaces", is_query)),
      }};
  return table;
}

bool is(const Template& text, std::string_view same) { return text.parts.empty() || to_string(text) == same; }

bool goes_round(const RedirectAction& action) {
  return is(action.scheme, "#{scheme}") && is(action.host, "#{host}") && is(action.port, "#{port}") &&
         is(action.path, "/#{path}") && is(action.query, "#{query}");
}

}  // namespace

Codec<RedirectAction> redirect() {
  auto codec = section_codec(redirect_table());
  codec.read = [read = std::move(codec.read)](const Value& value) {
    auto action = read(value);
    const bool whole = action && !value.report().has_errors();  // a part may have been refused
    if (whole && goes_round(*action)) value.report().add<Message::redirect_loop>(value.key_where());
    return action;
  };
  return codec;
}

}  // namespace weir::config
