#include <algorithm>
#include <array>
#include <utility>

#include "lb/base/text.h"
#include "lb/net/proxy_header_format.h"
#include "lb/net/proxy_header_versions.h"

namespace weir::net {
namespace {

using proxy_format::begins_alike;
using proxy_format::kV1Bytes;
using proxy_format::kV1Start;

using Done = std::expected<void, ProxyRefusal>;

// The text up to the next space, which is taken with it. Absent: there is none.
std::optional<std::string_view> next_part(std::string_view& line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view part = line.substr(0, space);
  line.remove_prefix(space + 1);
  return part;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  if (text.size() > 5 || (text.size() > 1 && text.starts_with('0'))) return std::nullopt;
  const auto number = base::parse_decimal(text);
  if (!number || *number > UINT16_MAX) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

// "TCP6" may carry an IPv4 address that is mapped into IPv6; in `text` it has colons all the same.
std::optional<base::IpAddress> address_of(std::string_view text, bool inet6) {
  if ((text.find(':') != std::string_view::npos) != inet6) return std::nullopt;
  const auto address = base::IpAddress::parse(text);
  return address ? std::optional(*address) : std::nullopt;
}

// "SOURCE DESTINATION SOURCE_PORT DESTINATION_PORT"
std::expected<ProxyHeader::Ends, ProxyRefusal> read_ends(std::string_view line, bool inet6) {
  const auto source_text = next_part(line);
  const auto destination_text = next_part(line);
  const auto source_port_text = next_part(line);
  if (!source_port_text) return std::unexpected(ProxyRefusal::bad_line);
  const auto source = address_of(*source_text, inet6);
  const auto destination = address_of(*destination_text, inet6);
  if (!source || !destination) return std::unexpected(ProxyRefusal::bad_address);
  const auto source_port = port_of(*source_port_text);
  const auto destination_port = port_of(line);
  if (!source_port || !destination_port) return std::unexpected(ProxyRefusal::bad_port);
  return ProxyHeader::Ends{{*source, *source_port}, {*destination, *destination_port}};
}

// `rest` is the line without "PROXY " and its end.
std::expected<ProxyHeader, ProxyRefusal> read_line(std::string_view rest) {
  ProxyHeader header{.version = ProxyVersion::v1};
  if (rest == "UNKNOWN" || rest.starts_with("UNKNOWN ")) return header;
  const bool inet6 = rest.starts_with("TCP6 ");
  if (!inet6 && !rest.starts_with("TCP4 ")) return std::unexpected(ProxyRefusal::bad_family);
  const auto ends = read_ends(rest.substr(5), inet6);
  if (!ends) return std::unexpected(ends.error());
  header.ends = *ends;
  return header;
}

// What can be said of a line before its end is there.
Done check_start(std::string_view rest) {
  constexpr std::array<std::string_view, 3> kProtocols{"TCP4 ", "TCP6 ", "UNKNOWN"};
  const auto fits = [rest](std::string_view protocol) { return begins_alike(rest, protocol); };
  if (!std::ranges::any_of(kProtocols, fits)) return std::unexpected(ProxyRefusal::bad_family);
  return {};
}

}  // namespace

ProxyReadResult read_proxy_v1(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, kV1Bytes);
  const std::size_t end = line.find_first_of("\r\n");
  const bool ended = end != std::string_view::npos && end + 1 < line.size();
  if (end != std::string_view::npos && (line[end] == '\n' || (ended && line[end + 1] != '\n'))) {
    return std::unexpected(ProxyRefusal::bad_line);
  }
  const std::string_view rest = line.substr(0, end).substr(kV1Start.size());
  if (!ended) {
    if (line.size() == kV1Bytes) return std::unexpected(ProxyRefusal::too_long);
    if (const Done start = check_start(rest); !start) return std::unexpected(start.error());
    return std::nullopt;
  }
  auto header = read_line(rest);
  if (!header) return std::unexpected(header.error());
  return ProxyRead{std::move(*header), end + 2};
}

}  // namespace weir::net
