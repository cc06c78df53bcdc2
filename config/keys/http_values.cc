#include "config/keys/http_values.h"

#include <algorithm>
#include <array>

#include "config/keys/table.h"
#include "config/keys/texts.h"
#include "lb/base/text.h"
#include "lb/http/syntax.h"

namespace weir::config {
namespace {

constexpr std::size_t kLongestCookieName = 128;
constexpr std::string_view kCookiesOfRules = "WEIRTG";
constexpr std::size_t kLongestService = 255;

// Numbers that a check may expect, and how they are written.
struct Span {
  std::uint64_t least;
  std::uint64_t most;
  const char* expected;
  const char* pattern;
};
constexpr Span kStatuses{100, 599, "a status such as 200 or a range such as 200-399",
                         "^[1-5][0-9]{2}(-[1-5][0-9]{2})?$"};
constexpr Span kGrpcCodes{0, model::HealthCheck::kMostGrpcCode, "a code such as 12 or a range such as 0-99",
                          "^(0|[1-9][0-9]?)(-(0|[1-9][0-9]?))?$"};

// RFC 9112 3.2.1; what stands behind a '#' is never sent.
bool is_request_path(std::string_view text) {
  return text.starts_with('/') &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
}

// Methods are case-sensitive, and none is known that has small letters. CONNECT takes no path.
bool is_request_method(std::string_view text) {
  const auto small = [](char c) { return c >= 'a' && c <= 'z'; };
  return http::is_token(text) && text.size() <= 32 && std::ranges::none_of(text, small) && text != "CONNECT";
}

bool is_sendable(std::string_view text) { return http::is_field_value(text) && base::trim(text) == text; }

// `digits` begin at `begin` of the text.
std::optional<std::uint16_t> read_one(const Value& value, std::string_view digits, std::size_t begin,
                                      const Span& span) {
  const auto number = base::parse_decimal(digits);
  if (number && *number >= span.least && *number <= span.most) return static_cast<std::uint16_t>(*number);
  value.report().add<Message::number_range>(value.part(begin, digits.size()), shown(digits), span.least,
                                            span.most);
  return std::nullopt;
}

std::optional<model::StatusRange> read_range(const Value& value, const Span& span) {
  const auto text = value.text(span.expected);
  if (!text) return std::nullopt;
  const auto is_number = [](std::string_view digits) {
    return !digits.empty() && std::ranges::all_of(digits, base::is_digit);
  };
  const std::size_t dash = text->find('-');
  const std::string_view first = std::string_view(*text).substr(0, dash);
  const std::string_view last = dash == std::string::npos ? first : std::string_view(*text).substr(dash + 1);
  if (!is_number(first) || !is_number(last)) {
    value.report().add<Message::not_number>(value.where(), value.expected(span.expected), shown(*text));
    return std::nullopt;
  }
  const auto from = read_one(value, first, 0, span);
  const auto to = dash == std::string::npos ? from : read_one(value, last, dash + 1, span);
  if (!from || !to) return std::nullopt;
  if (*from > *to) {
    value.report().add_with_hint<Message::status_range>(
        value.where(), fmt::format("did you mean '{}-{}'?", *to, *from), shown(*text));
    return std::nullopt;
  }
  return model::StatusRange{.from = *from, .to = *to};
}

Codec<model::StatusRange> range_within(const Span& span) {
  Json schema{{"anyOf",
               {{{"type", "integer"}, {"minimum", span.least}, {"maximum", span.most}},
                {{"type", "string"}, {"pattern", span.pattern}}}}};
  return {.expected = span.expected,
          .read = [&span](const Value& value) { return read_range(value, span); },
          .write =
              [](const model::StatusRange& range) {
                return range.from == range.to ? Json(range.from)
                                              : Json(fmt::format("{}-{}", range.from, range.to));
              },
          .schema = scalar_schema(std::move(schema))};
}

// Any name is possible, and so is none.
bool is_grpc_service(std::string_view text) {
  return text.size() <= kLongestService &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

using ParsePattern = std::expected<model::Pattern, std::string> (*)(std::string_view);

bool check_field_name(std::string_view text, const Where& where, Report& report, FieldNames names) {
  static constexpr std::array<std::string_view, 9> kOwn = {"connection", "content-length",    "host",
                                                           "keep-alive", "proxy-connection",  "te",
                                                           "trailer",    "transfer-encoding", "upgrade"};
  const std::string name = base::to_lower(text);
  const bool own = std::ranges::find(kOwn, name) != kOwn.end();
  if (!http::is_token(name)) {
    report.add<Message::field_name>(where, shown(text));
  } else if (own && names == FieldNames::settable) {
    report.add_with_hint<Message::field_reserved>(where, name == "host" ? "the key 'host' sets it" : "",
                                                  shown(text));
  } else {
    return true;
  }
  return false;
}

// Against a normal form; what an expression finds is not looked into.
bool can_match_path(std::string_view pattern) {
  if (pattern.starts_with('~')) return true;
  if (pattern.starts_with('=')) {
    pattern.remove_prefix(1);
    if (!pattern.starts_with('/')) return false;
  }
  const bool begins = !pattern.empty() && (pattern[0] == '/' || pattern[0] == '*' || pattern[0] == '?');
  const auto has = [pattern](std::string_view part) { return pattern.find(part) != std::string_view::npos; };
  const bool ends_in_dots = pattern.ends_with("/.") || pattern.ends_with("/..");
  return begins && !has("//") && !has("/./") && !has("/../") && !ends_in_dots;
}

bool is_hex_digit(char c) {
  const char letter = base::lower(c);
  return base::is_digit(c) || (letter >= 'a' && letter <= 'f');
}

bool has_percent_encoding(std::string_view pattern) {
  for (std::size_t i = 0; i + 2 < pattern.size(); ++i) {
    if (pattern[i] == '%' && is_hex_digit(pattern[i + 1]) && is_hex_digit(pattern[i + 2])) return true;
  }
  return false;
}

bool can_match_host(std::string_view pattern) {
  if (pattern.starts_with('~')) return true;
  if (pattern.starts_with('=')) pattern.remove_prefix(1);
  const bool bracketed = pattern.starts_with('[');
  return !pattern.empty() && std::ranges::all_of(pattern, [bracketed](char c) {
    return c > ' ' && c < 0x7f && c != '/' && (c != ':' || bracketed);
  });
}

Codec<model::Pattern> parsed_pattern(const std::string& expected, ParsePattern parse) {
  return {.expected = expected,
          .read = [expected, parse](const Value& value) -> std::optional<model::Pattern> {
            const auto text = value.text(expected);
            if (!text) return std::nullopt;
            auto parsed = parse(*text);
            if (parsed) return *std::move(parsed);
            if (text->starts_with('~')) {
              value.report().add<Message::expression>(value.where(), shown(parsed.error()));
            } else {
              value.report().add_with_hint<Message::wildcard>(value.where(), "an expression begins with ~",
                                                              shown(parsed.error()));
            }
            return std::nullopt;
          },
          .write = [](const model::Pattern& pattern) { return write_text(pattern.text()); },
          .schema = {{"type", {"string", "number", "boolean"}}}};
}

}  // namespace

Codec<std::string> request_path() {
  return checked_text<Message::request_path>("a path", pattern_schema("^/[!-\"$-~]*$"), is_request_path);
}

Codec<std::string> request_method() {
  return checked_text<Message::request_method>("a method", pattern_schema("^[!#$%&'*+.^_`|~0-9A-Z-]{1,32}$"),
                                               is_request_method);
}

Codec<std::string> request_host() {
  return checked_text<Message::request_host>("a Host", pattern_schema("."), http::is_authority);
}

Codec<std::string> field_value() {
  Json schema{{"type", {"string", "number", "boolean"}}};
  return checked_text<Message::field_value>("the value of a header", schema, is_sendable);
}

Codec<model::StatusRange> status_range() { return range_within(kStatuses); }
Codec<model::StatusRange> grpc_code_range() { return range_within(kGrpcCodes); }

Codec<std::string> grpc_service() {
  return off_as(std::string(),
                checked_text<Message::grpc_service>("the name of a service", pattern_schema("^[!-~]{0,255}$"),
                                                    is_grpc_service));
}

Codec<model::Pattern> pattern(model::Pattern::Case letters) {
  if (letters == model::Pattern::Case::insensitive) {
    return parsed_pattern("a pattern", [](std::string_view text) {
      return model::Pattern::parse(text, model::Pattern::Case::insensitive);
    });
  }
  return parsed_pattern("a pattern", [](std::string_view text) { return model::Pattern::parse(text); });
}

namespace {

template <Message Complaint>
Codec<model::Pattern> checked_pattern(Codec<model::Pattern> codec, bool (*can_match)(std::string_view)) {
  codec.read = [read = codec.read, can_match](const Value& value) -> std::optional<model::Pattern> {
    auto pattern = read(value);
    if (!pattern || can_match(pattern->text())) return pattern;
    value.report().add<Complaint>(value.where(), shown(pattern->text()));
    return std::nullopt;
  };
  return codec;
}

}  // namespace

Codec<model::Pattern> host_pattern() {
  return checked_pattern<Message::host_pattern>(pattern(model::Pattern::Case::insensitive), can_match_host);
}

Codec<model::Pattern> path_pattern() {
  auto codec = checked_pattern<Message::path_pattern>(pattern(), can_match_path);
  codec.read = [read = std::move(codec.read)](const Value& value) {
    auto pattern = read(value);
    if (pattern && has_percent_encoding(pattern->text()))
      value.report().add<Message::path_encoded>(value.where(), shown(pattern->text()));
    return pattern;
  };
  return codec;
}

namespace {

// A substitution as it is written: whether the two fit is seen when both are read.
struct EnteredSubstitution {
  std::string match;
  std::string replace;
  Where match_where = {};
  Where replace_where = {};
};

Field<EnteredSubstitution> entered(const std::string& key, const std::string& doc,
                                   std::string EnteredSubstitution::* member,
                                   Where EnteredSubstitution::* where, const Json& types) {
  auto result = required(field(key, doc, member, free_text("a text", {{"type", types}})));
  result.read = [where, read = std::move(result.read)](const Value& value, EnteredSubstitution& owner) {
    owner.*where = value.where();
    read(value, owner);
  };
  return result;
}

const Table<EnteredSubstitution>& substitution_table() {
  static const Table<EnteredSubstitution> table{
      .doc = "An expression and what takes the place of what it finds",
      .fields = {
          entered("match", "An expression, as RE2 has them", &EnteredSubstitution::match,
                  &EnteredSubstitution::match_where, "string"),
          entered("replace", "$1 and so on are its groups, $$ is a dollar sign",
                  &EnteredSubstitution::replace, &EnteredSubstitution::replace_where, {"string", "number"}),
      }};
  return table;
}

}  // namespace

Codec<model::Substitution> substitution() {
  const auto inner = section_codec(substitution_table());
  return {.expected = inner.expected,
          .read = [read = inner.read](const Value& value) -> std::optional<model::Substitution> {
            const auto entered = read(value);
            if (!entered) return std::nullopt;
            const auto expression = model::Pattern::parse("~" + entered->match);
            if (!expression) {
              value.report().add<Message::expression>(entered->match_where, shown(expression.error()));
              return std::nullopt;
            }
            if (const auto fits = expression->check_replacement(entered->replace); !fits) {
              value.report().add<Message::replacement>(entered->replace_where, shown(fits.error()));
              return std::nullopt;
            }
            return model::Substitution{.expression = *expression, .replacement = entered->replace};
          },
          .write =
              [write = inner.write](const model::Substitution& substitution) {
                return write({substitution.expression.text().substr(1), substitution.replacement});
              },
          .schema = inner.schema};
}

Codec<std::string> request_url() {
  return checked_text<Message::url>(
      "a URL", pattern_schema("^https?://[^/?#]+(/[!-~]*)?$"), [](std::string_view text) {
        const std::size_t scheme = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
        if (scheme == 0) return false;
        const std::string_view rest = text.substr(scheme);
        const std::size_t slash = rest.find('/');
        return http::is_authority(rest.substr(0, slash)) &&
               (slash == std::string_view::npos || is_request_path(rest.substr(slash)));
      });
}

Codec<std::string> any_method() {
  return checked_text<Message::method>(
      "a method", pattern_schema("^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}$"),
      [](std::string_view text) { return http::is_token(text) && text.size() <= 40; });
}

Codec<std::string> field_name() {
  return {.expected = "the name of a header",
          .read = [](const Value& value) -> std::optional<std::string> {
            const auto text = value.text("the name of a header");
            if (!text || !check_field_name(*text, value.where(), value.report(), FieldNames::settable))
              return std::nullopt;
            return base::to_lower(*text);
          },
          .write = write_text,
          .schema = pattern_schema("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")};
}

Codec<std::string> cookie_name() {
  auto codec = checked_text<Message::cookie_name>(
      "the name of a cookie", pattern_schema("^(?!WEIRTG)[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$"),
      http::is_token);
  codec.read = [read = std::move(codec.read)](const Value& value) {
    auto name = read(value);
    if (name && name->size() > kLongestCookieName) {
      value.report().add<Message::cookie_name_length>(value.where(), name->size(), kLongestCookieName);
    } else if (name && name->starts_with(kCookiesOfRules)) {
      value.report().add<Message::cookie_name_reserved>(value.where(), shown(*name), kCookiesOfRules);
    } else {
      return name;
    }
    return std::optional<std::string>();
  };
  return codec;
}

Codec<model::Pattern> part_pattern() {
  return parsed_pattern("a text or ~EXPRESSION", model::Pattern::parse_part);
}

bool check_field_name(const Value& member, FieldNames names) {
  return check_field_name(member.key(), member.key_where(), member.report(), names);
}

}  // namespace weir::config
