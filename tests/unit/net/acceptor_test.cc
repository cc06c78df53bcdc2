#include "lb/net/acceptor.h"

#include <doctest/doctest.h>
#include <linux/filter.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "lb/net/listen.h"
#include "lb/net/loop.h"

namespace weir::net {
namespace {

struct Accepted final : Acceptor::Handler {
  void on_accept(Acceptor&, Fd socket, const sockaddr_storage&, socklen_t) override {
    sockets.push_back(std::move(socket));
  }
  void on_accept_failed(Acceptor&, int error) override { FAIL(error); }
  std::vector<Fd> sockets;
};

base::SocketAddress at_port(const char* address, std::uint16_t port) {
  return {base::SocketAddress::parse(address)->ip(), port};
}

void begin(const Fd& socket, const base::SocketAddress& to) {
  sockaddr_storage native{};
  const socklen_t length = to.to_native(native);
  const int done = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&native), length);
  CHECK((done == 0 || errno == EINPROGRESS));
}

Fd begin_to_connect(const base::SocketAddress& to) {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  begin(socket, to);
  return socket;
}

// 0: not within that time.
short events_of(const Fd& socket, std::chrono::milliseconds within) {
  pollfd one{.fd = socket.get(), .events = POLLOUT, .revents = 0};
  ::poll(&one, 1, static_cast<int>(within.count()));
  return one.revents;
}

}  // namespace

TEST_CASE("a connection that has begun when its socket is turned away is accepted, and works") {
  const base::SystemClock clock;
  Loop loop(clock);
  Accepted accepted;
  auto made = listen_on(at_port("127.0.0.1:1", 0), 1);
  REQUIRE(made);
  Acceptor acceptor(loop, std::move(made->sockets.front()), false, accepted);
  Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // The client hears no answer to its first segment yet, as if that were on its way.
  sock_filter nothing{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0};
  const sock_fprog program{.len = 1, .filter = &nothing};
  REQUIRE(::setsockopt(client.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0);
  begin(client, made->address);
  REQUIRE(events_of(client, std::chrono::milliseconds(0)) == 0);
  acceptor.turn_away();
  const int unused = 0;
  REQUIRE(::setsockopt(client.get(), SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) == 0);
  REQUIRE(events_of(client, std::chrono::seconds(10)) == POLLOUT);
  acceptor.accept_all();
  REQUIRE(accepted.sockets.size() == 1);
  REQUIRE(::send(client.get(), "a", 1, MSG_NOSIGNAL) == 1);
  pollfd one{.fd = accepted.sockets.front().get(), .events = POLLIN, .revents = 0};
  CHECK(::poll(&one, 1, 10'000) == 1);
}

TEST_CASE("who asks for a connection while a socket ends comes to the other one of its port") {
  const base::SystemClock clock;
  Loop loop(clock);
  Accepted narrow, wide;
  auto first = listen_on(at_port("127.0.0.1:1", 0), 1);
  REQUIRE(first);
  const base::SocketAddress address = first->address;
  auto second = listen_on(at_port("0.0.0.0:1", address.port()), 1, {.among = ListenOptions::Among::own});
  REQUIRE(second);
  auto ending = std::make_unique<Acceptor>(loop, std::move(first->sockets.front()), false, narrow);
  Acceptor staying(loop, std::move(second->sockets.front()), false, wide);

  const Fd early = begin_to_connect(address);
  REQUIRE(events_of(early, std::chrono::seconds(5)) == POLLOUT);
  ending->turn_away();
  const Fd late = begin_to_connect(address);
  ending->accept_all();
  CHECK(narrow.sockets.size() == 1);
  CHECK(events_of(late, std::chrono::milliseconds(0)) == 0);
  ending.reset();
  CHECK(events_of(late, std::chrono::seconds(10)) == POLLOUT);
  staying.accept_all();
  CHECK(wide.sockets.size() == 1);
}

}  // namespace weir::net
