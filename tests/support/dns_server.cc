#include "tests/support/dns_server.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

namespace weir::test {
namespace {

constexpr std::size_t kUdpSize = 1232;  // what the resolver says that it takes

base::SocketAddress bound_address(int fd) {
  sockaddr_storage native{};
  socklen_t length = sizeof native;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&native), &length);
  return base::SocketAddress::from_native(native, length);
}

bool bind_to(int fd, const base::SocketAddress& address) {
  sockaddr_storage native{};
  const socklen_t length = address.to_native(native);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&native), length) == 0;
}

}  // namespace

DnsServer::DnsServer() {
  bool listening = false;
  for (int attempt = 0; attempt < 20 && !listening; ++attempt) listening = listen();
  REQUIRE(listening);
}

// The port that UDP gets has to be free for TCP too.
bool DnsServer::listen() {
  datagrams_ = net::Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  listening_ = net::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!bind_to(datagrams_.get(), *base::SocketAddress::parse("127.0.0.1:0"))) return false;
  address_ = bound_address(datagrams_.get());
  return bind_to(listening_.get(), address_) && ::listen(listening_.get(), 16) == 0;
}

DnsReply DnsServer::reply_to(const DnsQuestion& question) const {
  if (const auto found = replies_.find(question); found != replies_.end()) return found->second;
  const bool known =
      std::ranges::any_of(replies_, [&](const auto& reply) { return reply.first.name == question.name; });
  return {.code = known ? 0U : 3U};
}

void DnsServer::serve() {
  serve_datagrams();
  while (true) {
    net::Fd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) break;
    connections_.push_back({std::move(fd), {}});
  }
  for (Connection& connection : connections_) serve_connection(connection);
}

void DnsServer::serve_datagrams() {
  char buffer[4096];
  while (true) {
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    const ssize_t size =
        ::recvfrom(datagrams_.get(), buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &length);
    if (size <= 0) return;
    const std::string query(buffer, static_cast<std::size_t>(size));
    asked.push_back(question_of(query));
    const DnsReply reply = reply_to(asked.back());
    if (reply.silent) continue;
    std::string message = message_of(query, reply);
    if (message.size() > kUdpSize) message = message_of(query, reply, true);
    ::sendto(datagrams_.get(), message.data(), message.size(), 0, reinterpret_cast<const sockaddr*>(&from),
             length);
  }
}

// A message over TCP follows its length (RFC 1035 4.2.2).
void DnsServer::serve_connection(Connection& connection) {
  char buffer[4096];
  while (true) {
    const ssize_t size = ::recv(connection.fd.get(), buffer, sizeof buffer, 0);
    if (size <= 0) break;
    connection.received.append(buffer, static_cast<std::size_t>(size));
  }
  std::string& received = connection.received;
  while (received.size() >= 2) {
    const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(received[0])) << 8 |
                             static_cast<unsigned char>(received[1]);
    if (received.size() < 2 + size) return;
    const std::string query = received.substr(2, size);
    received.erase(0, 2 + size);
    asked_over_tcp.push_back(question_of(query));
    const std::string message = message_of(query, reply_to(asked_over_tcp.back()));
    const std::string bytes = encoded16(static_cast<std::uint16_t>(message.size())) + message;
    REQUIRE(::send(connection.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
}

}  // namespace weir::test
