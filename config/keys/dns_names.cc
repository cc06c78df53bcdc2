#include "config/keys/dns_names.h"

#include <algorithm>

#include "config/keys/texts.h"
#include "lb/base/address.h"
#include "lb/base/text.h"

namespace weir::config {
namespace {

bool is_label(std::string_view label) {
  const auto allowed = [](char c) {
    const char letter = base::lower(c);
    return (letter >= 'a' && letter <= 'z') || base::is_digit(c) || c == '-' || c == '_';
  };
  return !label.empty() && label.size() <= 63 && std::ranges::all_of(label, allowed) &&
         !label.starts_with('-') && !label.ends_with('-');
}

// RFC 1123 2.1, with the underscores of RFC 2782. A last label of digits alone is half of an IP address.
bool is_dns_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() > 253) return false;
  while (true) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) return !std::ranges::all_of(label, base::is_digit);
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

Codec<std::string> dns_name() {
  constexpr const char* kExpected = "a DNS name";
  return {.expected = kExpected,
          .read = [](const Value& value) -> std::optional<std::string> {
            auto text = value.text(kExpected);
            if (!text) return std::nullopt;
            const std::string_view name = *text;
            const std::size_t colon = name.rfind(':');
            if (base::IpAddress::parse(name) || base::IpAddress::parse(name.substr(0, colon))) {
              value.report().add_with_hint<Message::dns_is_address>(value.where(), "write 'address: IP:PORT'",
                                                                    shown(name));
            } else if (!is_dns_name(name)) {
              const bool port = colon != std::string_view::npos && is_dns_name(name.substr(0, colon));
              value.report().add_with_hint<Message::dns_name>(
                  value.where(), port ? "its port is a key of its own" : "", shown(name));
            } else {
              return text;
            }
            return std::nullopt;
          },
          .write = write_text,
          .schema = pattern_schema("^[A-Za-z0-9._-]{1,254}$")};
}

Codec<std::string> server_name() {
  constexpr const char* kExpected = "a host name or an IP address";
  return {.expected = kExpected,
          .read = [](const Value& value) -> std::optional<std::string> {
            const auto text = value.text(kExpected);
            if (!text) return std::nullopt;
            if (const auto ip = base::IpAddress::parse(*text)) return ip->to_string();
            if (!is_dns_name(*text)) {
              value.report().add<Message::server_name>(value.where(), shown(*text));
              return std::nullopt;
            }
            std::string name = base::to_lower(*text);
            if (name.ends_with('.')) name.pop_back();
            return name;
          },
          .write = write_text,
          .schema = pattern_schema("^[A-Za-z0-9._:-]{1,254}$")};
}

}  // namespace weir::config
