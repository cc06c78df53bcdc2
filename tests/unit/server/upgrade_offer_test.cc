#include "lb/server/upgrade_offer.h"

#include <doctest/doctest.h>
#include <sys/eventfd.h>

#include <cstdlib>

#include "lb/base/clock.h"
#include "lb/server/upgrade_program.h"

namespace weir::server::upgrade {
namespace {

net::Fd any_descriptor() {
  net::Fd made(::eventfd(0, EFD_CLOEXEC));
  REQUIRE(made.valid());
  return made;
}

InheritedSocket socket_of(const char* address, InheritedSocket::Of of, bool flag) {
  const auto parsed = *base::SocketAddress::parse(address);
  InheritedSocket one{.wanted = base::SocketAddress(parsed.ip(), 0),
                      .address = parsed,
                      .sockets = {},
                      .of = of,
                      .listener = of == InheritedSocket::Of::listener ? "web" : "",
                      .owns_file = flag,
                      .service_manager = !flag};
  one.sockets.push_back(any_descriptor());
  return one;
}

// As the process that is started to take over reads it.
Received handed_over(const Offer& offer) {
  auto ends = net::message_pair();
  REQUIRE(ends.has_value());
  const base::SystemClock clock;
  net::Loop loop(clock);
  net::MessageChannel channel(loop, std::move(ends->first), {});
  channel.stop_reading();
  REQUIRE(write(offer, [&](net::Message message) { channel.send(std::move(message)); }).has_value());
  while (!channel.flushed()) loop.run_once(base::Duration(0));
  ::setenv(kVariable, std::to_string(ends->second.release()).c_str(), 1);
  auto received = receive_offer();
  REQUIRE_MESSAGE(received.has_value(), received.error());
  REQUIRE(received->has_value());
  return *std::move(*received);
}

}  // namespace

TEST_CASE("who takes over reads what was offered") {
  using Of = InheritedSocket::Of;
  Offer offer{.sockets = {},
              .via_token = "token",
              .cookie_keys = "keys of cookies",
              .ticket_keys = "keys of tickets",
              .state_lock = any_descriptor()};
  offer.sockets.push_back(socket_of("127.0.0.1:8080", Of::listener, false));
  offer.sockets.push_back(socket_of("[::1]:8081", Of::admin, true));
  offer.sockets.push_back(socket_of("10.0.0.1:8082", Of::anyone, false));
  while (offer.sockets[0].sockets.size() < 70) offer.sockets[0].sockets.push_back(any_descriptor());

  const Offer read = handed_over(offer).offer;
  CHECK(read.via_token == offer.via_token);
  CHECK(read.cookie_keys == offer.cookie_keys);
  CHECK(read.ticket_keys == offer.ticket_keys);
  CHECK(read.state_lock.valid());
  REQUIRE(read.sockets.size() == offer.sockets.size());
  for (std::size_t i = 0; i < read.sockets.size(); ++i) {
    CAPTURE(i);
    CHECK(read.sockets[i].wanted == offer.sockets[i].wanted);
    CHECK(read.sockets[i].address == offer.sockets[i].address);
    CHECK(read.sockets[i].sockets.size() == offer.sockets[i].sockets.size());
    CHECK(read.sockets[i].of == offer.sockets[i].of);
    CHECK(read.sockets[i].listener == offer.sockets[i].listener);
    CHECK(read.sockets[i].owns_file == offer.sockets[i].owns_file);
    CHECK(read.sockets[i].service_manager == offer.sockets[i].service_manager);
  }
}

}  // namespace weir::server::upgrade
