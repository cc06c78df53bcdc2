// TLS with targets: who they have to be, what becomes of those who are not, and which connections are kept.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "lb/net/tls_client_context.h"
#include "tests/support/proxy.h"
#include "tests/support/tls_peer.h"

namespace weir::test {
namespace {

const std::string kOkOverTls = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

std::string get_from(const std::string& host) { return "GET /a HTTP/1.1\r\nHost: " + host + "\r\n\r\n"; }

// An authority, and a proxy whose group trusts it.
struct World {
  explicit World(const ProxyOptions& options = {}) : proxy(options) {
    proxy.group_settings().protocol = model::Protocol::https;
    proxy.group_settings().tls.emplace();
    proxy.target_tls = context();
  }

  std::shared_ptr<const net::TlsClientContext> context(bool verifies = true,
                                                       const Certificate& own = {}) const {
    net::TlsClientSettings settings{.alpn = {"http/1.1"}};
    if (verifies) settings.trust = net::TlsTrust::from_pem(authority.pem()).value();
    if (!own.certificate.empty())
      settings.identity = net::read_tls_identity(own.certificate, own.key).value();
    return net::TlsClientContext::make(std::move(settings)).value();
  }
  // The next connection that a target gets, with its handshake; null: that failed.
  std::unique_ptr<TlsPeer> serve(const TlsTarget& target) {
    auto below = proxy.accept();
    REQUIRE(below);
    auto peer = target.serve(proxy.turns(), std::move(below));
    return peer->shake_hands() ? std::move(peer) : nullptr;
  }
  std::size_t idle() const { return proxy.totals().targets.at(0).idle_connections; }

  TestAuthority authority = TestAuthority::make("Root");
  Proxy proxy;
};

std::uint64_t connection_errors(const Proxy& proxy, std::string_view reason) {
  std::uint64_t count = 0;
  for (const auto& target : proxy.totals().targets) {
    for (const observe::WordTotal& one : target.connection_errors) {
      if (one.word == reason) count += one.count;
    }
  }
  return count;
}

}  // namespace

TEST_CASE("a request goes over TLS to a target whose certificate is for its Host") {
  for (const Wire wire : {Wire::tcp, Wire::memory}) {
    World world({.target_wire = wire});
    const TlsTarget target(world.authority.issue({.names = {"shop.example"}}));
    auto client = world.proxy.connect();
    client->send(get_from("Shop.Example:8443"));
    auto peer = world.serve(target);
    REQUIRE(peer);
    CHECK(peer->server_name() == "shop.example");
    CHECK(peer->alpn() == "http/1.1");
    CHECK(peer->read().field("Host") == "Shop.Example:8443");
    peer->send(kOkOverTls);
    CHECK(client->read().body == "ok");
    CHECK(world.idle() == 1);
  }
}

TEST_CASE("a large body passes in both directions") {
  World world;
  const TlsTarget target(world.authority.issue({.names = {"shop.example"}}));
  const std::string body = pattern(600'000);
  auto client = world.proxy.connect();
  client->send("POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n");
  auto peer = world.serve(target);
  REQUIRE(peer);
  std::string left = body;
  Message request;
  CHECK(world.proxy.until([&] {
    if (!left.empty()) left.erase(0, client->send_some(left));
    return peer->waiting().size() > body.size();
  }));
  request = peer->read();
  CHECK(request.body == body);
  peer->send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  left = body;
  CHECK(world.proxy.until([&] {
    if (!left.empty()) left.erase(0, peer->send_some(std::string_view(left).substr(0, 16384)));
    return client->waiting().size() > body.size();
  }));
  CHECK(client->read().body == body);
}

TEST_CASE("a target that is not who it should be gets no request, and the client a 502") {
  const TestAuthority stranger = TestAuthority::make("Stranger");
  struct Row {
    const char* what;
    Certificate certificate;
    const char* reason;
  };
  World names;
  const Row rows[] = {
      {"another name", names.authority.issue({.names = {"other.example"}}), "target_certificate"},
      {"expired",
       names.authority.issue({.names = {"shop.example"},
                              .not_before = -std::chrono::hours(48),
                              .not_after = -std::chrono::hours(24)}),
       "target_certificate"},
      {"another authority", stranger.issue({.names = {"shop.example"}}), "target_certificate"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    World world;
    world.authority = names.authority;
    world.proxy.target_tls = world.context();
    world.proxy.group_settings().retry.attempts = 1;
    const TlsTarget target(row.certificate);
    auto client = world.proxy.connect();
    client->send(get_from("shop.example"));
    auto below = world.proxy.accept();
    REQUIRE(below);
    auto peer = target.serve(world.proxy.turns(), std::move(below));
    peer->shake_hands();
    CHECK(client->read().status() == 502);
    CHECK(peer->waiting().empty());
    CHECK(connection_errors(world.proxy, row.reason) == 1);
    CHECK(world.proxy.errors(row.reason) == 1);
  }
}

TEST_CASE("a target that does not speak TLS is one that cannot be reached, and another is asked") {
  World world({.targets = 2});
  const TlsTarget target(world.authority.issue({.names = {"shop.example"}}));
  auto client = world.proxy.connect();
  client->send("POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 2\r\n\r\nhi");
  auto plain = world.proxy.accept();
  REQUIRE(plain);
  plain->send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  auto peer = world.serve(target);
  REQUIRE(peer);
  CHECK(peer->read().body == "hi");
  peer->send(kOkOverTls);
  CHECK(client->read().status() == 200);
  CHECK(connection_errors(world.proxy, "target_tls") == 1);
}

TEST_CASE("the handshake is a part of connecting: it has to be over by then") {
  World world;
  world.proxy.group_settings().timeouts.connect = seconds(2);
  world.proxy.group_settings().retry.attempts = 1;
  auto client = world.proxy.connect();
  client->send(get_from("shop.example"));
  auto silent = world.proxy.accept();
  REQUIRE(silent);
  world.proxy.settle();
  world.proxy.advance(seconds(3));
  CHECK(client->read().status() == 504);
  CHECK(connection_errors(world.proxy, "connect_timeout") == 1);
}

TEST_CASE("a kept connection serves the requests for its own name only, and a session is resumed for it") {
  World world;
  const TlsTarget target(world.authority.issue({.names = {"a.example", "b.example"}}));
  auto client = world.proxy.connect();
  const auto ask = [&](const std::string& host, std::unique_ptr<TlsPeer>& peer, bool fresh) {
    client->send(get_from(host));
    if (fresh) peer = world.serve(target);
    REQUIRE(peer);
    CHECK(peer->read().field("Host") == host);
    peer->send(kOkOverTls);
    CHECK(client->read().status() == 200);
  };
  std::unique_ptr<TlsPeer> a, b, again;
  ask("a.example", a, true);
  CHECK_FALSE(a->resumed());
  ask("b.example", b, true);
  CHECK_FALSE(b->resumed());
  CHECK(world.idle() == 2);
  ask("a.example", a, false);
  ask("b.example", b, false);
  CHECK(world.idle() == 2);
  a->close();
  world.proxy.settle();
  ask("a.example", again, true);
  CHECK(again->resumed());
}

TEST_CASE("the name of the settings counts for whichever Host, and without one the target's address") {
  SUBCASE("settings") {
    World world;
    world.proxy.group_settings().tls->server_name = "backend.example";
    const TlsTarget target(world.authority.issue({.names = {"backend.example"}}));
    auto client = world.proxy.connect();
    client->send(get_from("shop.example"));
    auto peer = world.serve(target);
    REQUIRE(peer);
    CHECK(peer->server_name() == "backend.example");
  }
  SUBCASE("address") {
    World world;
    world.proxy.group_settings().preserve_host = false;
    const TlsTarget target(world.authority.issue({.names = {"127.0.0.1"}}));
    auto client = world.proxy.connect();
    client->send(get_from("shop.example"));
    auto peer = world.serve(target);
    REQUIRE(peer);
    CHECK(peer->server_name().empty());
  }
}

TEST_CASE("without verification any certificate is taken") {
  World world;
  world.proxy.group_settings().tls->verify = false;
  world.proxy.target_tls = world.context(/*verifies=*/false);
  const TlsTarget target(self_signed({.names = {"nobody.example"}, .not_after = -std::chrono::hours(1)}));
  auto client = world.proxy.connect();
  client->send(get_from("shop.example"));
  auto peer = world.serve(target);
  REQUIRE(peer);
  peer->read();
  peer->send(kOkOverTls);
  CHECK(client->read().status() == 200);
}

TEST_CASE("a target that asks for a certificate gets weir's, or refuses, which is a failure of TLS") {
  const TestAuthority clients = TestAuthority::make("Clients");
  for (const bool has_one : {true, false}) {
    CAPTURE(has_one);
    World world;
    world.proxy.group_settings().retry.attempts = 1;
    if (has_one)
      world.proxy.target_tls = world.context(true, clients.issue({.names = {"weir"}, .client = true}));
    const TlsTarget target(world.authority.issue({.names = {"shop.example"}}), clients.pem());
    auto client = world.proxy.connect();
    client->send(get_from("shop.example"));
    auto peer = world.serve(target);
    if (has_one) {
      REQUIRE(peer);
      CHECK(peer->client() == "CN=weir");
      peer->read();
      peer->send(kOkOverTls);
      CHECK(client->read().status() == 200);
    } else {
      CHECK_FALSE(peer);
      CHECK(client->read().status() == 502);
      CHECK(connection_errors(world.proxy, "target_tls") == 1);
    }
  }
}

TEST_CASE(
    "a body until close that ends without close_notify may have been cut, and is not passed on as whole") {
  for (const bool notified : {true, false}) {
    CAPTURE(notified);
    World world;
    const TlsTarget target(world.authority.issue({.names = {"shop.example"}}));
    auto client = world.proxy.connect();
    client->send(get_from("shop.example"));
    auto peer = world.serve(target);
    REQUIRE(peer);
    peer->read();
    peer->send("HTTP/1.1 200 OK\r\n\r\nthe beginning");
    world.proxy.settle();
    if (notified) {
      peer->close();
    } else {
      peer->close_below();
    }
    CHECK(client->read().whole == notified);
  }
}

TEST_CASE("other settings of TLS are for new connections: those at work finish, those that are idle end") {
  World world;
  const TlsTarget target(world.authority.issue({.names = {"shop.example"}}));
  auto first = world.proxy.connect();
  auto second = world.proxy.connect();
  first->send(get_from("shop.example"));
  auto idle = world.serve(target);
  REQUIRE(idle);
  idle->read();
  idle->send(kOkOverTls);
  CHECK(first->read().status() == 200);
  second->send("POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 2\r\n\r\nh");
  idle->read_to("h");
  first->send(get_from("shop.example"));
  auto other = world.serve(target);
  REQUIRE(other);
  other->read();
  other->send(kOkOverTls);
  CHECK(first->read().status() == 200);
  CHECK(world.idle() == 1);

  world.proxy.target_tls = world.context();
  world.proxy.reload();
  world.proxy.settle();
  CHECK(world.idle() == 0);
  CHECK(other->wait_gone());
  second->send("i");
  idle->read_to("i");
  idle->send(kOkOverTls);
  CHECK(second->read().status() == 200);
  CHECK(world.idle() == 0);
  first->send(get_from("shop.example"));
  CHECK(world.serve(target));
}

TEST_CASE("names that clients choose eject no target; one that the settings choose does") {
  for (const bool chosen_by_settings : {true, false}) {
    CAPTURE(chosen_by_settings);
    World world;
    world.proxy.group_settings().retry.attempts = 1;
    world.proxy.group_settings().outlier_detection->consecutive_failures = 1;
    if (chosen_by_settings) world.proxy.group_settings().tls->server_name = "bogus.example";
    const TlsTarget target(world.authority.issue({.names = {"shop.example"}}));
    auto client = world.proxy.connect();
    client->send(get_from("bogus.example"));
    CHECK_FALSE(world.serve(target));
    CHECK(client->read().status() == 502);
    CHECK(world.proxy.failing().size() == (chosen_by_settings ? 1 : 0));
  }
}

}  // namespace weir::test
