#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

// Network addresses as plain values. No name is ever resolved here.
namespace weir::base {

// The 16 bytes of an IPv6 address, or an IPv4 address mapped into ::ffff:0:0/96.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  static std::expected<IpAddress, std::string> parse(std::string_view text);
  bool is_v4() const;
  bool is_loopback() const;
  std::string to_string() const;
  auto operator<=>(const IpAddress&) const = default;
};

// An IP address and port, or the path of a unix socket.
class SocketAddress {
 public:
  SocketAddress() = default;
  SocketAddress(IpAddress ip, std::uint16_t port) : ip_(ip), port_(port) {}
  static SocketAddress unix_path(std::string path);

  // "10.0.0.1:80", "[::1]:80" or "unix:/path". The error says what is wrong with the text.
  static std::expected<SocketAddress, std::string> parse(std::string_view text);
  static SocketAddress from_native(const sockaddr_storage& native, socklen_t length);

  bool is_unix() const { return !path_.empty(); }
  bool is_loopback() const { return !is_unix() && ip_.is_loopback(); }
  int family() const;
  const IpAddress& ip() const { return ip_; }
  std::uint16_t port() const { return port_; }
  void set_port(std::uint16_t port) { port_ = port; }
  const std::string& path() const { return path_; }

  // Fills `native` for bind, connect and the like; returns the length to pass with it.
  socklen_t to_native(sockaddr_storage& native) const;
  std::string to_string() const;
  auto operator<=>(const SocketAddress&) const = default;

 private:
  IpAddress ip_;
  std::uint16_t port_ = 0;
  std::string path_;
};

// A block of addresses: 10.0.0.0/8, fd00::/8, or one address.
struct Cidr {
  IpAddress network;
  unsigned prefix = 128;  // in IPv6 bits: an IPv4 /8 is 104

  static std::expected<Cidr, std::string> parse(std::string_view text);
  bool contains(const IpAddress& address) const;
  std::string to_string() const;
  bool operator==(const Cidr&) const = default;
};

}  // namespace weir::base
