#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <string_view>

#include "lb/base/address.h"
#include "lb/net/loop.h"

// The client's end of a connection, by plain system calls, on the thread of the server's loop: the loop runs
// while the client waits.
class RawClient {
 public:
  RawClient(weir::net::Loop& loop, const weir::base::SocketAddress& address)
      : loop_(loop), fd_(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage native;
    const socklen_t length = address.to_native(native);
    REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&native), length) == 0);
  }
  ~RawClient() { ::close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False if the peer has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const long sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN) return false;
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      turn();
    }
    return true;
  }

  // Reads until what came holds `text`, or the server closed. For ten seconds at the most.
  const std::string& read_until(std::string_view text) {
    wait([&] { return received_.find(text) != std::string::npos; });
    return received_;
  }
  const std::string& read_all() {
    wait([] { return false; });
    return received_;
  }
  bool closed() const { return closed_; }
  void forget() { received_.clear(); }

 private:
  void wait(const std::function<bool()>& enough) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!enough() && !closed_ && std::chrono::steady_clock::now() < give_up) turn();
  }
  void turn() {
    loop_.run_once({});
    char buffer[65536];
    const long count = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count > 0) received_.append(buffer, static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EAGAIN)) closed_ = true;
  }

  weir::net::Loop& loop_;
  int fd_;
  std::string received_;
  bool closed_ = false;
};
