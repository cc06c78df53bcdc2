#include "config/keys/http_values.h"

#include <algorithm>
#include <array>

#include "config/keys/texts.h"
#include "lb/base/text.h"
#include "lb/http/syntax.h"

namespace weir::config {
namespace {

constexpr std::uint64_t kLeastStatus = 100;
constexpr std::uint64_t kMostStatus = 599;
constexpr const char* kStatus = "a status such as 200 or a range such as 200-399";

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
std::optional<std::uint16_t> read_status(const Value& value, std::string_view digits, std::size_t begin) {
  const auto status = base::parse_decimal(digits);
  if (status && *status >= kLeastStatus && *status <= kMostStatus) return static_cast<std::uint16_t>(*status);
  value.report().add<Message::number_range>(value.part(begin, digits.size()), shown(digits), kLeastStatus,
                                            kMostStatus);
  return std::nullopt;
}

std::optional<model::StatusRange> read_range(const Value& value) {
  const auto text = value.text(kStatus);
  if (!text) return std::nullopt;
  const auto is_number = [](std::string_view digits) {
    return !digits.empty() && std::ranges::all_of(digits, base::is_digit);
  };
  const std::size_t dash = text->find('-');
  const std::string_view first = std::string_view(*text).substr(0, dash);
  const std::string_view last = dash == std::string::npos ? first : std::string_view(*text).substr(dash + 1);
  if (!is_number(first) || !is_number(last)) {
    value.report().add<Message::not_number>(value.where(), value.expected(kStatus), shown(*text));
    return std::nullopt;
  }
  const auto from = read_status(value, first, 0);
  const auto to = dash == std::string::npos ? from : read_status(value, last, dash + 1);
  if (!from || !to) return std::nullopt;
  if (*from > *to) {
    value.report().add_with_hint<Message::status_range>(
        value.where(), fmt::format("did you mean '{}-{}'?", *to, *from), shown(*text));
    return std::nullopt;
  }
  return model::StatusRange{.from = *from, .to = *to};
}

using ParsePattern = std::expected<model::Pattern, std::string> (*)(std::string_view);

Codec<model::Pattern> parsed_pattern(const std::string& expected, ParsePattern parse) {
  return {.expected = expected,
          .read = [expected, parse](const Value& value) -> std::optional<model::Pattern> {
            const auto text = value.text(expected);
            if (!text) return std::nullopt;
            auto parsed = parse(*text);
            if (parsed) return *std::move(parsed);
            value.report().add<Message::expression>(value.where(), shown(parsed.error()));
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

Codec<model::StatusRange> status_range() {
  Json schema{{"anyOf",
               {{{"type", "integer"}, {"minimum", kLeastStatus}, {"maximum", kMostStatus}},
                {{"type", "string"}, {"pattern", "^[1-5][0-9]{2}(-[1-5][0-9]{2})?$"}}}}};
  return {.expected = kStatus,
          .read = read_range,
          .write =
              [](const model::StatusRange& range) {
                return range.from == range.to ? Json(range.from)
                                              : Json(fmt::format("{}-{}", range.from, range.to));
              },
          .schema = scalar_schema(std::move(schema))};
}

Codec<model::Pattern> pattern() {
  return parsed_pattern("a pattern", [](std::string_view text) { return model::Pattern::parse(text); });
}

Codec<model::Pattern> part_pattern() {
  return parsed_pattern("a text or ~EXPRESSION", model::Pattern::parse_part);
}

bool check_field_name(const Value& member, FieldNames names) {
  static constexpr std::array<std::string_view, 9> kOwn = {"connection", "content-length",    "host",
                                                           "keep-alive", "proxy-connection",  "te",
                                                           "trailer",    "transfer-encoding", "upgrade"};
  const std::string name = base::to_lower(member.key());
  const bool own = std::ranges::find(kOwn, name) != kOwn.end();
  if (!http::is_token(name)) {
    member.report().add<Message::field_name>(member.key_where(), shown(member.key()));
  } else if (own && names == FieldNames::settable) {
    member.report().add_with_hint<Message::field_reserved>(
        member.key_where(), name == "host" ? "the key 'host' sets it" : "", shown(member.key()));
  } else {
    return true;
  }
  return false;
}

}  // namespace weir::config
