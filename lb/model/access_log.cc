#include "lb/model/access_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lb/base/text.h"

namespace weir::model {
namespace {

using Error = AccessTemplateError;

constexpr std::array<std::string_view, 39> kFieldNames = {"",
                                                          "time",
                                                          "type",
                                                          "listener",
                                                          "client",
                                                          "client_port",
                                                          "tls_version",
                                                          "tls_cipher",
                                                          "server_name",
                                                          "proxied_alpn",
                                                          "proxied_server_name",
                                                          "proxied_tls_version",
                                                          "proxied_tls_cipher",
                                                          "target_group",
                                                          "target",
                                                          "target_id",
                                                          "zone",
                                                          "rule",
                                                          "method",
                                                          "url",
                                                          "protocol",
                                                          "status",
                                                          "target_status",
                                                          "grpc_status",
                                                          "received_bytes",
                                                          "sent_bytes",
                                                          "user_agent",
                                                          "request_id",
                                                          "trace_id",
                                                          "queue_seconds",
                                                          "connect_seconds",
                                                          "first_byte_seconds",
                                                          "total_seconds",
                                                          "attempts",
                                                          "reused",
                                                          "reason",
                                                          "classification",
                                                          "classification_reason",
                                                          "header"};
static_assert(kFieldNames.size() == static_cast<std::size_t>(AccessField::header) + 1);

constexpr std::string_view kHeader = "header:";
constexpr std::string_view kSyslog = "syslog:";

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

// RFC 9110 5.6.2
bool is_token(std::string_view name) {
  static constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return base::is_digit(c) || (base::lower(c) >= 'a' && base::lower(c) <= 'z') || kOthers.contains(c);
  });
}

// What stands between the braces at `at`.
std::expected<AccessTemplate::Part, Error> field_of(std::string_view name, std::size_t at) {
  if (name.starts_with(kHeader)) {
    const std::string header(name.substr(kHeader.size()));
    const std::size_t header_at = at + 1 + kHeader.size();
    if (!is_token(header))
      return std::unexpected(
          Error{Error::Kind::not_a_header, header_at, std::max<std::size_t>(1, header.size()), header});
    if (is_secret_header(header))
      return std::unexpected(Error{Error::Kind::secret_header, header_at, header.size(), header});
    return AccessTemplate::Part{.text = {}, .field = AccessField::header, .header = header};
  }
  const auto found = std::ranges::find(kFieldNames, name);
  if (name.empty() || found == kFieldNames.end() || *found == "header") {
    return std::unexpected(Error{Error::Kind::unknown_field, at, name.size() + 2, std::string(name)});
  }
  return AccessTemplate::Part{
      .text = {}, .field = static_cast<AccessField>(found - kFieldNames.begin()), .header = {}};
}

std::string with_double_braces(std::string_view text) {
  std::string result;
  for (const char c : text) result.append(c == '{' || c == '}' ? 2 : 1, c);
  return result;
}

}  // namespace

std::span<const std::string_view> access_field_names() { return kFieldNames; }

std::expected<AccessTemplate, AccessTemplateError> parse_access_template(std::string_view text) {
  AccessTemplate result;
  std::string literal;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (is_control(c)) return std::unexpected(Error{Error::Kind::control_character, at});
    if (c != '{' && c != '}') {
      literal += c;
    } else if (at + 1 < text.size() && text[at + 1] == c) {
      literal += c;
      ++at;
    } else {
      const std::size_t close = c == '{' ? text.find('}', at) : std::string_view::npos;
      if (close == std::string_view::npos) return std::unexpected(Error{Error::Kind::brace, at});
      auto field = field_of(text.substr(at + 1, close - at - 1), at);
      if (!field) return std::unexpected(field.error());
      field->text = std::exchange(literal, {});
      result.parts.push_back(*std::move(field));
      at = close;
    }
  }
  if (!literal.empty()) result.parts.push_back({.text = std::move(literal)});
  return result;
}

std::string to_string(const AccessTemplate& text) {
  std::string result;
  for (const AccessTemplate::Part& part : text.parts) {
    result += with_double_braces(part.text);
    if (part.field == AccessField::header) {
      result += fmt::format("{{{}{}}}", kHeader, part.header);
    } else if (part.field != AccessField::none) {
      result += fmt::format("{{{}}}", kFieldNames[static_cast<std::size_t>(part.field)]);
    }
  }
  return result;
}

bool is_secret_header(std::string_view name) {
  static constexpr std::string_view kSecret[] = {"Authorization", "Cookie", "Proxy-Authorization",
                                                 "Set-Cookie"};
  return std::ranges::any_of(
      kSecret, [&](std::string_view secret) { return base::equals_ignoring_case(name, secret); });
}

std::string_view syslog_address(std::string_view output) {
  return output.starts_with(kSyslog) ? output.substr(kSyslog.size()) : std::string_view();
}

}  // namespace weir::model
