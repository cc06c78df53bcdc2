#include "lb/base/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "lb/base/text.h"

namespace weir::base {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;

}  // namespace

std::expected<IpAddress, std::string> IpAddress::parse(std::string_view text) {
  IpAddress address;
  std::string copy(text);
  if (copy.find('\0') != std::string::npos) return std::unexpected("not an IP address");
  if (in_addr v4{}; inet_pton(AF_INET, copy.c_str(), &v4) == 1) {
    std::ranges::copy(kMappedPrefix, address.bytes.begin());
    std::memcpy(address.bytes.data() + kMappedPrefix.size(), &v4, sizeof v4);
    return address;
  }
  if (in6_addr v6{}; inet_pton(AF_INET6, copy.c_str(), &v6) == 1) {
    std::memcpy(address.bytes.data(), &v6, sizeof v6);
    return address;
  }
  return std::unexpected(fmt::format("'{}' is not an IP address", escape(text)));
}

bool IpAddress::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes[12] == 127;
  constexpr std::array<std::uint8_t, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return bytes == kLoopback;
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN];
  if (is_v4()) {
    return inet_ntop(AF_INET, bytes.data() + kMappedPrefix.size(), text, sizeof text);
  }
  return inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
}

SocketAddress SocketAddress::unix_path(std::string path) {
  SocketAddress address;
  address.path_ = std::move(path);
  return address;
}

std::expected<SocketAddress, std::string> SocketAddress::parse(std::string_view text) {
  if (text.starts_with("unix:")) {
    std::string_view path = text.substr(5);
    if (!path.starts_with('/')) return std::unexpected("the path of a unix socket starts with '/'");
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
      return std::unexpected(fmt::format("the path of a unix socket has at most {} characters",
                                         sizeof(sockaddr_un::sun_path) - 1));
    }
    if (path.find('\0') != std::string_view::npos) return std::unexpected("a path has no NUL character");
    return unix_path(std::string(path));
  }
  std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::unexpected("expected ADDRESS:PORT");
  std::string_view host = text.substr(0, colon);
  std::string_view port_text = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos)
      return std::unexpected("only IPv6 addresses stand in brackets");
  } else if (host.find(':') != std::string_view::npos) {
    return std::unexpected("an IPv6 address stands in brackets: [::1]:80");
  }
  auto ip = IpAddress::parse(host);
  if (!ip) return std::unexpected(ip.error());
  auto port = parse_decimal(port_text);
  if (!port) return std::unexpected(fmt::format("'{}' is not a port number", escape(port_text)));
  if (*port > 65535) return std::unexpected(fmt::format("port {} is not in 1-65535", *port));
  return SocketAddress(*ip, static_cast<std::uint16_t>(*port));
}

SocketAddress SocketAddress::from_native(const sockaddr_storage& native, socklen_t length) {
  if (native.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(native);
    IpAddress ip;
    std::ranges::copy(kMappedPrefix, ip.bytes.begin());
    std::memcpy(ip.bytes.data() + kMappedPrefix.size(), &v4.sin_addr, sizeof v4.sin_addr);
    return {ip, ntohs(v4.sin_port)};
  }
  if (native.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(native);
    IpAddress ip;
    std::memcpy(ip.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    return {ip, ntohs(v6.sin6_port)};
  }
  const auto& local = reinterpret_cast<const sockaddr_un&>(native);
  constexpr std::size_t kHead = offsetof(sockaddr_un, sun_path);
  if (native.ss_family == AF_UNIX && length > kHead && local.sun_path[0] != '\0') {
    return unix_path(std::string(local.sun_path, strnlen(local.sun_path, length - kHead)));
  }
  return unix_path("unnamed");
}

int SocketAddress::family() const {
  if (is_unix()) return AF_UNIX;
  return ip_.is_v4() ? AF_INET : AF_INET6;
}

socklen_t SocketAddress::to_native(sockaddr_storage& native) const {
  native = {};
  switch (family()) {
    case AF_UNIX: {
      auto& local = reinterpret_cast<sockaddr_un&>(native);
      local.sun_family = AF_UNIX;
      std::memcpy(local.sun_path, path_.data(), std::min(path_.size(), sizeof local.sun_path - 1));
      return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size() + 1);
    }
    case AF_INET: {
      auto& v4 = reinterpret_cast<sockaddr_in&>(native);
      v4.sin_family = AF_INET;
      v4.sin_port = htons(port_);
      std::memcpy(&v4.sin_addr, ip_.bytes.data() + kMappedPrefix.size(), sizeof v4.sin_addr);
      return sizeof v4;
    }
    default: {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(native);
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(port_);
      std::memcpy(&v6.sin6_addr, ip_.bytes.data(), sizeof v6.sin6_addr);
      return sizeof v6;
    }
  }
}

std::string SocketAddress::to_string() const {
  if (is_unix()) return "unix:" + path_;
  if (ip_.is_v4()) return fmt::format("{}:{}", ip_.to_string(), port_);
  return fmt::format("[{}]:{}", ip_.to_string(), port_);
}

std::expected<Cidr, std::string> Cidr::parse(std::string_view text) {
  std::size_t slash = text.find('/');
  auto network = IpAddress::parse(text.substr(0, slash));
  if (!network) return std::unexpected(network.error());
  const unsigned most = network->is_v4() ? 32 : 128;
  unsigned prefix = most;
  if (slash != std::string_view::npos) {
    auto number = parse_decimal(text.substr(slash + 1));
    if (!number || *number > most)
      return std::unexpected(fmt::format("expected a prefix length of 0-{}", most));
    prefix = static_cast<unsigned>(*number);
  }
  if (network->is_v4()) prefix += kMappedBits;
  Cidr cidr{*network, prefix};
  for (unsigned bit = prefix; bit < 128; ++bit) {
    if ((cidr.network.bytes[bit / 8] >> (7 - bit % 8)) & 1) {
      return std::unexpected(fmt::format("'{}' has bits set behind its prefix", escape(text)));
    }
  }
  return cidr;
}

bool Cidr::contains(const IpAddress& address) const {
  const std::size_t whole = prefix / 8;
  if (std::memcmp(address.bytes.data(), network.bytes.data(), whole) != 0) return false;
  const unsigned rest = prefix % 8;
  return rest == 0 || ((address.bytes[whole] ^ network.bytes[whole]) >> (8 - rest)) == 0;
}

std::string Cidr::to_string() const {
  return fmt::format("{}/{}", network.to_string(), network.is_v4() ? prefix - kMappedBits : prefix);
}

}  // namespace weir::base
