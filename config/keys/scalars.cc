#include "config/keys/scalars.h"

#include <algorithm>

#include "config/keys/texts.h"
#include "config/keys/units.h"
#include "lb/base/text.h"
#include "lb/model/target_id.h"

namespace weir::config {
namespace {

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || base::is_digit(c); }

constexpr const char* kCidr = "a block of addresses such as 10.0.0.0/8";
constexpr const char* kDuration = "a duration such as 500ms, 30s, 5m, 1h or 1d";
constexpr const char* kSize = "a size such as 16KiB or 1MiB";

// 0 is how other programs say "no limit".
std::string instead_of_zero(const Value& value, bool zero) {
  return zero && !value.other_word().empty() ? fmt::format("did you mean '{}'?", value.other_word()) : "";
}

// 64K, 64k, 64KB: "did you mean '64KiB'?"
std::string binary_unit(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits == std::string_view::npos || digits == 0) return {};
  const char letter = base::lower(text[digits]);
  if (std::string_view("kmgt").find(letter) == std::string_view::npos) return {};
  return fmt::format("did you mean '{}{}iB'?", text.substr(0, digits), static_cast<char>(letter - 'a' + 'A'));
}

bool is_absolute_path(std::string_view text) {
  constexpr std::size_t kMostOfLinux = 4095;
  const auto printable = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
  return text.starts_with('/') && text.size() <= kMostOfLinux && std::ranges::all_of(text, printable);
}

template <class Narrow>
Codec<Narrow> narrow(const Codec<std::uint64_t>& wide) {
  return {.expected = wide.expected,
          .read = [wide](const Value& value) -> std::optional<Narrow> {
            const auto read = wide.read(value);
            if (!read) return std::nullopt;
            return static_cast<Narrow>(*read);
          },
          .write = [](const Narrow& n) { return Json(n); },
          .schema = wide.schema};
}

// RFC 9110 5.6.2, with the '/' of a version (7.8)
bool is_protocol(std::string_view text) {
  static constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~/";
  return !text.empty() && text.size() <= 64 && !text.starts_with('/') && !text.ends_with('/') &&
         std::ranges::all_of(text,
                             [](char c) { return is_alphanumeric(c) || kOthers.find(c) != kOthers.npos; });
}

}  // namespace

Json scalar_schema(Json schema) { return either_schema(std::move(schema), {{"$ref", "#/$defs/variable"}}); }

Json either_schema(Json first, Json second) {
  Json alternatives = Json::array();
  for (Json* each : {&first, &second}) {
    const std::size_t keys = each->is_object() ? each->size() : 0;
    if (keys == 1 && each->contains("anyOf")) {
      for (Json& inner : (*each)["anyOf"]) {
        if (std::ranges::find(alternatives, inner) == alternatives.end()) alternatives.push_back(inner);
      }
    } else {
      alternatives.push_back(std::move(*each));
    }
  }
  return {{"anyOf", std::move(alternatives)}};
}

Json off_schema() { return {{"enum", {"off", false}}}; }

Codec<bool> boolean() {
  return {.expected = "on or off",
          .read = [](const Value& value) -> std::optional<bool> {
            const auto text = value.text("on or off");
            if (!text) return std::nullopt;
            const std::string word = base::to_lower(*text);
            if (word == "on" || word == "true") return true;
            if (word == "off" || word == "false") return false;
            const bool yes = word == "yes" || word == "y" || word == "1";
            const bool no = word == "no" || word == "n" || word == "0";
            const std::string hint = yes ? "did you mean 'on'?" : no ? "did you mean 'off'?" : "";
            value.report().add_with_hint<Message::not_boolean>(value.where(), hint, shown(*text));
            return std::nullopt;
          },
          .write = [](const bool& on) { return Json(on); },
          .schema = scalar_schema({{"enum", {true, false, "on", "off"}}})};
}

Codec<std::uint64_t> number(std::uint64_t least, std::uint64_t most) {
  const std::string expected = fmt::format("a number in {}-{}", least, most);
  const auto read = [=](const Value& value) -> std::optional<std::uint64_t> {
    const auto text = value.text(expected);
    if (!text) return std::nullopt;
    const bool digits = !text->empty() && std::ranges::all_of(*text, base::is_digit);
    if (!digits || (text->size() > 1 && text->starts_with('0'))) {
      const bool like_a_number = !text->empty() && base::is_digit((*text)[0]);
      value.report().add_with_hint<Message::not_number>(
          value.where(), like_a_number ? "numbers are plain decimal digits, without leading zeros" : "",
          value.expected(expected), shown(*text));
      return std::nullopt;
    }
    const auto parsed = base::parse_decimal(*text);
    if (parsed && *parsed >= least && *parsed <= most) return parsed;
    value.report().add_with_hint<Message::number_range>(value.where(), instead_of_zero(value, parsed == 0),
                                                        shown(*text), least, most);
    return std::nullopt;
  };
  return {.expected = expected,
          .read = read,
          .write = [](const std::uint64_t& n) { return Json(n); },
          .schema = scalar_schema({{"type", "integer"}, {"minimum", least}, {"maximum", most}})};
}

Codec<std::uint32_t> number32(std::uint32_t least, std::uint32_t most) {
  return narrow<std::uint32_t>(number(least, most));
}

Codec<std::uint16_t> number16(std::uint16_t least, std::uint16_t most) {
  return narrow<std::uint16_t>(number(least, most));
}

Codec<model::Milliseconds> duration(model::Milliseconds least, model::Milliseconds most) {
  const auto read = [=](const Value& value) -> std::optional<model::Milliseconds> {
    const auto text = value.text(kDuration);
    if (!text) return std::nullopt;
    const auto parsed = parse_duration(*text);
    if (parsed && *parsed >= least && *parsed <= most) return *parsed;
    if (parsed || parsed.error() == UnitError::too_large) {
      const bool zero = parsed && parsed->count() == 0;
      value.report().add_with_hint<Message::duration_range>(value.where(), instead_of_zero(value, zero),
                                                            shown(*text), format_duration(least),
                                                            format_duration(most));
    } else if (parsed.error() == UnitError::precision) {
      value.report().add<Message::duration_precision>(value.where(), shown(*text), "millisecond");
    } else {
      const bool number = parsed.error() == UnitError::no_unit;
      value.report().add_with_hint<Message::not_duration>(
          value.where(), number ? fmt::format("did you mean '{}s'?", shown(*text)) : "",
          value.expected(kDuration), shown(*text));
    }
    return std::nullopt;
  };
  return {.expected = kDuration,
          .read = read,
          .write = [](const model::Milliseconds& d) { return Json(format_duration(d)); },
          .schema = pattern_schema("^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$")};
}

Codec<std::uint64_t> size(std::uint64_t least, std::uint64_t most) {
  const auto read = [=](const Value& value) -> std::optional<std::uint64_t> {
    const auto text = value.text(kSize);
    if (!text) return std::nullopt;
    const auto parsed = parse_size(*text);
    if (parsed && *parsed >= least && *parsed <= most) return *parsed;
    if (parsed || parsed.error() == UnitError::too_large) {
      value.report().add<Message::size_range>(value.where(), shown(*text), format_size(least),
                                              format_size(most));
    } else {
      value.report().add_with_hint<Message::not_size>(value.where(), binary_unit(*text),
                                                      value.expected(kSize), shown(*text));
    }
    return std::nullopt;
  };
  Json schema{{"anyOf",
               {{{"type", "integer"}, {"minimum", least}, {"maximum", most}},
                {{"type", "string"}, {"pattern", "^[0-9]+(B|KiB|MiB|GiB|TiB)?$"}}}}};
  return {.expected = kSize,
          .read = read,
          .write = [](const std::uint64_t& n) { return Json(format_size(n)); },
          .schema = scalar_schema(std::move(schema))};
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
  });
}

std::string name_pattern() { return "^[A-Za-z0-9._-]{1,64}$"; }

Codec<std::string> name() {
  return checked_text<Message::not_a_name>("a name", pattern_schema(name_pattern()), is_name);
}

Codec<std::string> pseudonym() {
  return checked_text<Message::not_a_pseudonym>(
      "a name", pattern_schema("^[A-Za-z][A-Za-z0-9._-]{0,63}$"), [](std::string_view text) {
        return is_name(text) && is_alphanumeric(text[0]) && !base::is_digit(text[0]);
      });
}

Codec<std::string> user() {
  return checked_text<Message::not_a_user>(
      "a user", pattern_schema("^[A-Za-z0-9_][A-Za-z0-9._-]*$"),
      [](std::string_view text) { return is_name(text) && (is_alphanumeric(text[0]) || text[0] == '_'); });
}

Codec<std::string> absolute_path() {
  return checked_text<Message::not_a_path>("an absolute path", pattern_schema("^/"), is_absolute_path);
}

Codec<std::string> file_pattern() { return free_text("a pattern of file names", pattern_schema(".")); }

Codec<std::string> group_name() {
  return free_text("the name of a target group", pattern_schema(name_pattern()));
}

Codec<std::string> target_id() {
  const std::string reserved(model::kFoldedTargets);
  auto codec = checked_text<Message::target_id>(
      "a name", pattern_schema("^(?!" + reserved + "$)[A-Za-z0-9._:\\[\\]-]{1,64}$"),
      [](std::string_view text) {
        return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
          return is_alphanumeric(c) || std::string_view("._-:[]").find(c) != std::string_view::npos;
        });
      });
  codec.read = [read = std::move(codec.read)](const Value& value) {
    auto id = read(value);
    if (!id || !model::is_reserved_target_id(*id)) return id;
    value.report().add<Message::target_id_reserved>(value.where(), *id);
    return std::optional<std::string>();
  };
  return codec;
}

Codec<base::Cidr> cidr() {
  const auto read = [](const Value& value) -> std::optional<base::Cidr> {
    const auto text = value.text(kCidr);
    if (!text) return std::nullopt;
    const auto parsed = base::Cidr::parse(*text);
    if (parsed) return *parsed;
    const auto network = base::IpAddress::parse(text->substr(0, text->find('/')));
    const auto prefix = base::parse_decimal(text->substr(std::min(text->find('/'), text->size() - 1) + 1));
    if (network && prefix && *prefix <= (network->is_v4() ? 32U : 128U)) {
      value.report().add<Message::cidr_host_bits>(value.where(), shown(*text));
    } else {
      value.report().add<Message::not_a_cidr>(value.where(), value.expected(kCidr), shown(*text));
    }
    return std::nullopt;
  };
  return {.expected = kCidr,
          .read = read,
          .write = [](const base::Cidr& block) { return Json(block.to_string()); },
          .schema = pattern_schema("^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$")};
}

Codec<std::string> upgrade_token() {
  const auto read = [](const Value& value) -> std::optional<std::string> {
    const auto text = value.text("a protocol name such as websocket");
    if (!text) return std::nullopt;
    std::string token = base::to_lower(*text);
    if (!is_protocol(token)) {
      value.report().add<Message::upgrade_token>(value.where(), shown(*text));
    } else if (token == "h2c" || token == "tls" || token.starts_with("tls/")) {
      value.report().add<Message::upgrade_never>(value.where(), shown(*text));
    } else {
      return token;
    }
    return std::nullopt;
  };
  return {.expected = "a protocol name such as websocket",
          .read = read,
          .write = [](const std::string& token) { return Json(protect_variables(token)); },
          .schema = scalar_schema({{"type", "string"},
                                   {"pattern", "^[A-Za-z0-9!#$%&'*+.^_`|~/-]{1,64}$"},
                                   {"not", {{"pattern", "^([hH]2[cC]|[tT][lL][sS](/.*)?)$"}}}})};
}

std::optional<std::size_t> read_word(const Value& value, const std::vector<std::string>& words) {
  const auto text = value.text(alternatives(words));
  if (!text) return std::nullopt;
  const auto found = std::ranges::find(words, *text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  const std::string hint = suggest(*text, words);
  value.report().add_with_hint<Message::not_one_of>(value.where(), hint.starts_with("did") ? hint : "",
                                                    value.expected(alternatives(words)), shown(*text));
  return std::nullopt;
}

Json words_schema(const std::vector<std::string>& words) { return scalar_schema({{"enum", words}}); }

}  // namespace weir::config
