#include <doctest/doctest.h>

#include <string>

#include "lb/net/proxy_header.h"
#include "tests/integration/probe/probes.h"
#include "tests/support/tls_peer.h"

using namespace std::chrono_literals;

namespace weir::test {
namespace {

using model::HealthCheck;

HealthCheck https() {
  HealthCheck check;
  check.protocol = HealthCheck::Protocol::https;
  return check;
}

struct World {
  probe::Outset outset(const std::optional<std::string>& server_name = "shop.example",
                       bool verifies = true) const {
    net::TlsClientSettings settings{.alpn = {"http/1.1"}};
    if (verifies) settings.trust = net::TlsTrust::from_pem(authority.pem()).value();
    return {.tls = net::TlsClientContext::make(std::move(settings)).value(), .server_name = server_name};
  }
  // The next check, whose handshake may fail.
  std::unique_ptr<TlsPeer> serve(const TlsTarget& with) {
    auto below = target.accept();
    REQUIRE(below);
    auto peer = with.serve([this] { probes.turn(); }, std::move(below));
    peer->shake_hands();
    return peer;
  }
  ProbeResult failure(const Certificate& certificate) {
    probes.add(1, target.address(), https(), outset());
    const auto peer = serve(TlsTarget(certificate));
    return probes.result();
  }

  TestAuthority authority = TestAuthority::make("Root");
  Probes probes;
  Target target = probes.target();
};

}  // namespace

TEST_CASE("a check goes over TLS, with a full handshake each time") {
  World world;
  const TlsTarget with(world.authority.issue({.names = {"shop.example"}}));
  HealthCheck check = paced(5s, 2s);
  check.protocol = HealthCheck::Protocol::https;
  world.probes.add(1, world.target.address(), check, world.outset());
  for (int i = 0; i < 2; ++i) {
    const auto peer = world.serve(with);
    CHECK(peer->server_name() == "shop.example");
    CHECK_FALSE(peer->resumed());
    CHECK(peer->read().start_line == "GET / HTTP/1.1");
    peer->send(answer(200, "fine"));
    CHECK(world.probes.result().passed());
    world.probes.advance(5s);
  }
}

TEST_CASE("a check by https offers HTTP/1.1 alone, whatever the group's requests do") {
  World world;
  net::TlsClientSettings settings{.trust = net::TlsTrust::from_pem(world.authority.pem()).value(),
                                  .alpn = {"h2"}};
  const probe::Outset outset{.tls = net::TlsClientContext::make(std::move(settings)).value(),
                             .server_name = "shop.example"};
  const TlsTarget with(world.authority.issue({.names = {"shop.example"}}));
  world.probes.add(1, world.target.address(), https(), outset);
  const auto peer = world.serve(with);
  CHECK(peer->alpn() == "http/1.1");
  CHECK(peer->read().start_line == "GET / HTTP/1.1");
}

TEST_CASE("the evidence says what of TLS failed") {
  struct Row {
    const char* what;
    CertificateSpec spec;
    bool stranger;
    std::string_view detail;
  };
  const Row rows[] = {
      {"expired",
       {.names = {"shop.example"},
        .not_before = -std::chrono::hours(48),
        .not_after = -std::chrono::hours(1)},
       false,
       "the certificate has expired, or is not valid yet"},
      {"another name", {.names = {"other.example"}}, false, "the certificate is not for shop.example"},
      {"another authority",
       {.names = {"shop.example"}},
       true,
       "nobody who is trusted vouches for the certificate"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    World world;
    const TestAuthority issuer = row.stranger ? TestAuthority::make("Stranger") : world.authority;
    const ProbeResult result = world.failure(issuer.issue(row.spec));
    CHECK(result.phase == Phase::tls);
    CHECK(result.reason == ReasonCode::failed_checks);
    CHECK(result.detail.starts_with(row.detail));
  }
}

TEST_CASE("a target that speaks no TLS fails, and so does one that says nothing in time") {
  World world;
  world.probes.add(1, world.target.address(), https(), world.outset());
  auto peer = world.target.accept();
  REQUIRE(peer);
  SUBCASE("plain") {
    peer->send(answer(400));
    const ProbeResult result = world.probes.result();
    CHECK(result.phase == Phase::tls);
    CHECK(result.detail.starts_with("the target does not speak proper TLS"));
  }
  SUBCASE("silent") {
    peer->waiting();
    world.probes.turn();
    world.probes.advance(3s);
    const ProbeResult result = world.probes.result();
    CHECK(result.phase == Phase::tls);
    CHECK(result.reason == ReasonCode::timeout);
    CHECK(result.detail == "no TLS handshake within 2000 ms");
  }
  SUBCASE("closed") {
    peer->close();
    const ProbeResult result = world.probes.result();
    CHECK(result.phase == Phase::tls);
    CHECK(result.detail.starts_with("the target closed the connection within the handshake"));
  }
}

TEST_CASE("a check without a name asks for that of its Host, or for the target's address") {
  for (const bool hosted : {true, false}) {
    World world;
    const TlsTarget with(world.authority.issue({.names = {hosted ? "up.example" : "127.0.0.1"}}));
    HealthCheck check = https();
    if (hosted) check.host = "up.example:443";
    world.probes.add(1, world.target.address(), check, world.outset(std::nullopt));
    const auto peer = world.serve(with);
    CHECK(peer->server_name() == (hosted ? "up.example" : ""));
    peer->read();
    peer->send(answer(200));
    CHECK(world.probes.result().passed());
  }
}

TEST_CASE("where targets expect a PROXY header, checks of all kinds say that they are weir's own") {
  for (const auto protocol :
       {HealthCheck::Protocol::http, HealthCheck::Protocol::https, HealthCheck::Protocol::tcp}) {
    for (const auto version : {net::ProxyVersion::v1, net::ProxyVersion::v2}) {
      World world;
      HealthCheck check;
      check.protocol = protocol;
      probe::Outset outset = world.outset();
      outset.proxy = version;
      world.probes.add(1, world.target.address(), check, outset);
      auto peer = world.target.accept();
      REQUIRE(peer);
      std::size_t size = 0;
      REQUIRE(world.probes.run_until([&] {
        const auto read = net::read_proxy_header(peer->waiting());
        if (!read || !*read) return false;
        size = (*read)->size;
        return (*read)->header.local || version == net::ProxyVersion::v1;
      }));
      if (version == net::ProxyVersion::v1)
        CHECK(peer->read_bytes(size) == "PROXY UNKNOWN\r\n");
      else
        peer->read_bytes(size);
      if (protocol == HealthCheck::Protocol::tcp) {
        CHECK(world.probes.result().passed());
        continue;
      }
      if (protocol == HealthCheck::Protocol::https) {
        const TlsTarget with(world.authority.issue({.names = {"shop.example"}}));
        auto secured = with.serve([&] { world.probes.turn(); }, std::move(peer));
        REQUIRE(secured->shake_hands());
        peer = std::move(secured);
      }
      peer->read();
      peer->send(answer(200));
      CHECK(world.probes.result().passed());
    }
  }
}

}  // namespace weir::test
