#include "config/keys/ratios.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "lb/base/text.h"

namespace weir::config {
namespace {

bool is_plain_number(std::string_view digits) {
  return !digits.empty() && std::ranges::all_of(digits, base::is_digit) &&
         (digits.size() == 1 || digits[0] != '0');
}

bool is_plain_fraction(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) return is_plain_number(text);
  const std::string_view behind = text.substr(point + 1);
  return is_plain_number(text.substr(0, point)) && !behind.empty() &&
         std::ranges::all_of(behind, base::is_digit);
}

// Of a plain fraction; empty: none.
std::optional<double> parse_fraction(std::string_view text) {
  double parsed = 0;
  if (!is_plain_fraction(text)) return std::nullopt;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), parsed, std::chars_format::fixed);
  // Too many digits: beyond every range.
  return error == std::errc() ? parsed : std::numeric_limits<double>::infinity();
}

}  // namespace

Codec<std::uint32_t> percent(std::uint32_t least, std::uint32_t most, PercentSign sign) {
  const std::string expected = fmt::format("a percentage in {}%-{}%", least, most);
  const auto read = [=](const Value& value) -> std::optional<std::uint32_t> {
    const auto text = value.text(expected);
    if (!text) return std::nullopt;
    std::string_view digits = *text;
    if (digits.ends_with('%')) digits.remove_suffix(1);
    if (!is_plain_number(digits)) {
      value.report().add<Message::not_number>(value.where(), value.expected(expected), shown(*text));
      return std::nullopt;
    }
    const auto parsed = base::parse_decimal(digits);
    if (parsed && *parsed >= least && *parsed <= most) return static_cast<std::uint32_t>(*parsed);
    value.report().add<Message::number_range>(value.where(), shown(*text), fmt::format("{}%", least),
                                              fmt::format("{}%", most));
    return std::nullopt;
  };
  Json schema{{"anyOf",
               {{{"type", "integer"}, {"minimum", least}, {"maximum", most}},
                {{"type", "string"}, {"pattern", "^[0-9]+%?$"}}}}};
  return {.expected = expected,
          .read = read,
          .write =
              [sign](const std::uint32_t& n) {
                return sign == PercentSign::written ? Json(fmt::format("{}%", n)) : Json(n);
              },
          .schema = scalar_schema(std::move(schema))};
}

Codec<double> fractional_percent(double least, double most) {
  const std::string expected = fmt::format("a percentage in {}%-{}%", least, most);
  const auto read = [=](const Value& value) -> std::optional<double> {
    const auto text = value.text(expected);
    if (!text) return std::nullopt;
    const auto parsed =
        parse_fraction(std::string_view(*text).substr(0, text->size() - (text->ends_with('%') ? 1 : 0)));
    if (parsed && *parsed >= least && *parsed <= most) return parsed;
    if (parsed) {
      value.report().add<Message::number_range>(value.where(), shown(*text), fmt::format("{}%", least),
                                                fmt::format("{}%", most));
    } else {
      value.report().add<Message::not_number>(value.where(), value.expected(expected), shown(*text));
    }
    return std::nullopt;
  };
  Json schema{{"anyOf",
               {{{"type", "number"}, {"minimum", least}, {"maximum", most}},
                {{"type", "string"}, {"pattern", "^[0-9]+(\\.[0-9]+)?%?$"}}}}};
  return {.expected = expected,
          .read = read,
          .write = [](const double& n) { return Json(fmt::format("{}%", n)); },
          .schema = scalar_schema(std::move(schema))};
}

Codec<double> fraction(double least, double most) {
  const std::string expected = fmt::format("a number in {}-{}", least, most);
  const auto read = [=](const Value& value) -> std::optional<double> {
    const auto text = value.text(expected);
    if (!text) return std::nullopt;
    const auto parsed = parse_fraction(*text);
    if (parsed && *parsed >= least && *parsed <= most) return parsed;
    if (parsed) {
      value.report().add<Message::number_range>(value.where(), shown(*text), least, most);
    } else {
      value.report().add<Message::not_number>(value.where(), value.expected(expected), shown(*text));
    }
    return std::nullopt;
  };
  return {.expected = expected,
          .read = read,
          .write = [](const double& n) { return Json(n); },
          .schema = scalar_schema({{"type", "number"}, {"minimum", least}, {"maximum", most}})};
}

}  // namespace weir::config
