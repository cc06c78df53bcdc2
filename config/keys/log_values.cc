#include "config/keys/log_values.h"

#include <algorithm>

#include "config/keys/texts.h"
#include "config/nearest.h"
#include "lb/base/address.h"

namespace weir::config {

using model::AccessFormat;
using model::AccessTemplateError;

namespace {

constexpr const char* kOutput = "off, stdout, stderr, syslog:ADDRESS or a file";
constexpr const char* kFormat = "json, alb or a template such as \"{client} {method} {url}\"";
constexpr std::string_view kSyslog = "syslog:";
constexpr std::size_t kLongestPath = 4095;  // of Linux
constexpr std::size_t kLongestName = 128;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_file(std::string_view text) {
  return text.starts_with('/') && text.size() <= kLongestPath && std::ranges::none_of(text, is_control);
}

// Lines over a network would be read by everybody on the way, and lost without notice.
bool is_own_syslog(std::string_view address) {
  const auto parsed = base::SocketAddress::parse(address);
  return parsed && (parsed->is_unix() || (parsed->is_loopback() && parsed->port() != 0));
}

std::vector<std::string> field_names() {
  std::vector<std::string> names;
  for (const std::string_view name : model::access_field_names()) {
    if (!name.empty()) names.emplace_back(name == "header" ? "header:NAME" : name);
  }
  return names;
}

// The one that is meant, or all that there are.
std::string field_hint(std::string_view name) {
  const std::vector<std::string> names = field_names();
  if (const std::string* const meant = nearest(name, names)) return fmt::format("did you mean '{}'?", *meant);
  return "expected " + alternatives(names);
}

void report(const Value& value, std::string_view text, const AccessTemplateError& error) {
  using Kind = AccessTemplateError::Kind;
  const Where where = value.part(error.at, error.size);
  Report& report = value.report();
  switch (error.kind) {
    case Kind::brace: return report.add<Message::log_brace>(where, shown(text.substr(error.at, 1)));
    case Kind::unknown_field:
      return report.add_with_hint<Message::log_field>(where, field_hint(error.name), shown(error.name));
    case Kind::not_a_header: return report.add<Message::field_name>(where, shown(error.name));
    case Kind::secret_header: return report.add<Message::log_header_secret>(where, shown(error.name));
    case Kind::control_character: return report.add<Message::log_control>(where);
  }
}

std::optional<AccessFormat> read_format(const Value& value) {
  const auto text = value.text(kFormat);
  if (!text) return std::nullopt;
  if (*text == "json") return AccessFormat{.kind = AccessFormat::Kind::json};
  if (*text == "alb") return AccessFormat{.kind = AccessFormat::Kind::alb};
  if (text->find_first_of("{}") == std::string::npos) {
    static const std::vector<std::string> words = {"json", "alb"};
    const std::string* const meant = nearest(*text, words);
    value.report().add_with_hint<Message::log_format>(
        value.where(), meant == nullptr ? "" : fmt::format("did you mean '{}'?", *meant), shown(*text));
    return std::nullopt;
  }
  auto parsed = model::parse_access_template(*text);
  if (parsed) return AccessFormat{.kind = AccessFormat::Kind::text, .text = *std::move(parsed)};
  report(value, *text, parsed.error());
  return std::nullopt;
}

Json write_format(const AccessFormat& format) {
  switch (format.kind) {
    case AccessFormat::Kind::json: return "json";
    case AccessFormat::Kind::alb: return "alb";
    case AccessFormat::Kind::text: break;
  }
  return write_text(to_string(format.text));
}

}  // namespace

Codec<std::string> log_output() {
  const auto read = [](const Value& value) -> std::optional<std::string> {
    auto text = value.text(kOutput);
    if (!text) return std::nullopt;
    if (*text == "stdout" || *text == "stderr" || *text == "off" || is_file(*text)) return text;
    const std::string_view address = model::syslog_address(*text);
    if (!address.empty() && is_own_syslog(address)) return text;
    if (address.empty()) {
      value.report().add<Message::not_an_output>(value.where(), shown(*text));
    } else {
      value.report().add<Message::syslog_address>(value.part(kSyslog.size(), address.size()), shown(address));
    }
    return std::nullopt;
  };
  return {.expected = kOutput,
          .read = read,
          .write = write_text,
          .schema = pattern_schema("^(off|stdout|stderr|syslog:.+|/.*)$")};
}

Codec<AccessFormat> log_format() {
  return {.expected = kFormat,
          .read = read_format,
          .write = write_format,
          .schema = pattern_schema("^(json|alb|[^{}]*[{}][\\s\\S]*)$")};
}

Codec<std::string> redacted_name() {
  return checked_text<Message::redact_name>(
      "the name of a query parameter or header", pattern_schema(R"(^[^\x00-\x1f\x7f&=]{1,128}$)"),
      [](std::string_view text) {
        return !text.empty() && text.size() <= kLongestName &&
               std::ranges::none_of(text, [](char c) { return is_control(c) || c == '&' || c == '='; });
      });
}

}  // namespace weir::config
