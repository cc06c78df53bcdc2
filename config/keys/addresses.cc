#include "config/keys/addresses.h"

#include <algorithm>

#include "config/keys/scalars.h"
#include "lb/base/text.h"

namespace weir::config {
namespace {

using base::SocketAddress;

constexpr const char* kExpectedAddress = "ADDRESS:PORT";

bool is_host_name(std::string_view host) {
  const auto part_of_name = [](char c) {
    return (base::lower(c) >= 'a' && base::lower(c) <= 'z') || base::is_digit(c) || c == '.' || c == '-' ||
           c == '_';
  };
  const auto letter = [](char c) { return base::lower(c) >= 'a' && base::lower(c) <= 'z'; };
  return std::ranges::all_of(host, part_of_name) && std::ranges::any_of(host, letter);
}

// One attempt to read `text`, which reports the first thing that is wrong with it.
class AddressReader {
 public:
  AddressReader(const Value& value, std::string_view text, AddressUse use)
      : value_(value), text_(text), use_(use) {}

  std::optional<SocketAddress> read() {
    if (text_.starts_with("unix:")) return unix_socket();
    const std::size_t colon = text_.rfind(':');
    const bool ipv6_alone = text_.ends_with(']');
    if (colon == std::string_view::npos || ipv6_alone || text_.starts_with("http")) return bad_form();
    std::string_view host = text_.substr(0, colon);
    if (host.empty() || host == "*") return bad_form();
    const auto ip = read_ip(host);
    if (!ip) return std::nullopt;
    const auto port = read_port(text_.substr(colon + 1), colon + 1);
    if (!port) return std::nullopt;
    if (use_ == AddressUse::target &&
        std::ranges::all_of(ip->is_v4() ? std::span(ip->bytes).last(4) : std::span(ip->bytes),
                            [](auto b) { return b == 0; })) {
      report().add<Message::target_unspecified>(value_.part(0, host.size()), ip->to_string());
      return std::nullopt;
    }
    return SocketAddress(*ip, *port);
  }

 private:
  Report& report() const { return value_.report(); }

  std::optional<SocketAddress> unix_socket() {
    if (use_ == AddressUse::target) {
      report().add<Message::target_unix>(value_.where());
      return std::nullopt;
    }
    auto parsed = SocketAddress::parse(text_);
    if (parsed) return *std::move(parsed);
    report().add<Message::address_unix>(value_.where(), shown(text_));
    return std::nullopt;
  }

  std::optional<SocketAddress> bad_form() {
    report().add_with_hint<Message::address_form>(value_.where(), form_hint(),
                                                  value_.expected(kExpectedAddress), shown(text_));
    return std::nullopt;
  }

  // What the writer most likely meant.
  std::string form_hint() const {
    const bool bind = use_ == AddressUse::bind;
    std::string_view rest = text_;
    if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
      rest = rest.substr(scheme + 3);
      return fmt::format("write it without {}", text_.substr(0, scheme + 3));
    }
    for (const std::string_view any : {"*:", ":"}) {
      if (rest.starts_with(any)) rest.remove_prefix(any.size());
    }
    if (base::parse_decimal(rest)) {
      return fmt::format("did you mean '{}:{}'?", bind ? "0.0.0.0" : "127.0.0.1", shown(rest));
    }
    if (base::IpAddress::parse(text_) || (text_.starts_with('[') && text_.ends_with(']'))) {
      return fmt::format("a port is missing: {}:80", shown(text_));
    }
    return {};
  }

  std::optional<base::IpAddress> read_ip(std::string_view host) {
    const bool brackets = host.starts_with('[') && host.ends_with(']');
    const std::string_view inside = brackets ? host.substr(1, host.size() - 2) : host;
    const bool ipv6 = inside.find(':') != std::string_view::npos;
    const Where where = value_.part(0, host.size());
    const auto ip = base::IpAddress::parse(inside);
    if (ipv6 && !brackets) {
      report().add_with_hint<Message::address_brackets>(where, "for example '[::1]:80'", shown(text_));
    } else if (brackets && !ipv6) {
      report().add<Message::address_bracketed>(where, shown(host));
    } else if (ip) {
      return *ip;
    } else if (is_host_name(inside)) {
      const bool local = base::equals_ignoring_case(inside, "localhost");
      report().add_with_hint<Message::address_host_name>(where, local ? "did you mean '127.0.0.1'?" : "",
                                                         shown(inside));
    } else {
      report().add<Message::address_ip>(where, shown(inside));
    }
    return std::nullopt;
  }

  std::optional<std::uint16_t> read_port(std::string_view text, std::size_t begin) {
    const Where where = value_.part(begin, text.size());
    const bool octal = text.size() > 1 && text.starts_with('0');
    if (text.empty() || octal || !std::ranges::all_of(text, base::is_digit)) {
      report().add<Message::address_port>(text.empty() ? value_.where() : where, shown(text));
      return std::nullopt;
    }
    const unsigned least = use_ == AddressUse::bind ? 0 : 1;
    const auto port = base::parse_decimal(text);
    if (port && *port >= least && *port <= 65535) return static_cast<std::uint16_t>(*port);
    report().add<Message::address_port_range>(where, shown(text), 1);
    return std::nullopt;
  }

  const Value& value_;
  std::string_view text_;
  AddressUse use_;
};

}  // namespace

Codec<SocketAddress> address(AddressUse use) {
  const std::string ip_and_port = R"(^([0-9]{1,3}(\.[0-9]{1,3}){3}|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$)";
  Json schema{{"type", "string"}, {"pattern", ip_and_port}};
  if (use == AddressUse::bind) schema["pattern"] = "^unix:/|" + ip_and_port;
  return {.expected = kExpectedAddress,
          .read = [use](const Value& value) -> std::optional<SocketAddress> {
            const auto text = value.text(kExpectedAddress);
            if (!text) return std::nullopt;
            return AddressReader(value, *text, use).read();
          },
          .write = [](const SocketAddress& address) { return Json(protect_variables(address.to_string())); },
          .schema = scalar_schema(std::move(schema))};
}

}  // namespace weir::config
