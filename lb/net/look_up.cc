#include "lb/net/look_up.h"

#include <fmt/format.h>
#include <netdb.h>

#include <cstring>

#include "lb/base/text.h"

namespace weir::net {
namespace {

using Addresses = std::vector<base::SocketAddress>;

std::expected<Addresses, std::string> ask_system(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return std::unexpected(fmt::format("cannot find {}: {}", host, ::gai_strerror(error)));
  }
  Addresses addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    sockaddr_storage native{};
    std::memcpy(&native, one->ai_addr, one->ai_addrlen);
    addresses.push_back(base::SocketAddress::from_native(native, one->ai_addrlen));
  }
  ::freeaddrinfo(found);
  return addresses;
}

// Whether this is NAME:PORT, which is not for SocketAddress to understand.
bool names_host(std::string_view host, std::string_view port) {
  const auto number = base::parse_decimal(port);
  return !host.empty() && host != "unix" && !base::IpAddress::parse(host) && number && *number <= 65535;
}

}  // namespace

std::expected<Addresses, std::string> look_up(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string::npos && names_host(text.substr(0, colon), text.substr(colon + 1))) {
    return ask_system(text.substr(0, colon), text.substr(colon + 1));
  }
  const auto address = base::SocketAddress::parse(text);
  if (!address) return std::unexpected(address.error());
  return Addresses{*address};
}

}  // namespace weir::net
