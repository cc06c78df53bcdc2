// Checks by grpc over TLS.

#include "tests/integration/probe/grpc_calls.h"
#include "tests/support/tls_peer.h"

using namespace std::chrono_literals;

namespace weir::test {
namespace {

struct World {
  World() {
    net::TlsClientSettings settings{.trust = net::TlsTrust::from_pem(authority.pem()).value(),
                                    .alpn = {"http/1.1"}};  // that of the group's traffic
    outset = {.tls = net::TlsClientContext::make(std::move(settings)).value(), .server_name = "shop.example"};
  }
  std::unique_ptr<TlsPeer> serve(const std::string& protocol, const std::string& name = "shop.example") {
    auto below = target.accept();
    REQUIRE(below);
    with = std::make_unique<TlsTarget>(authority.issue({.names = {name}}), "", protocol);
    auto peer = with->serve([this] { probes.turn(); }, std::move(below));
    peer->shake_hands();
    return peer;
  }

  TestAuthority authority = TestAuthority::make("Root");
  Probes probes;
  Target target = probes.target();
  probe::Outset outset;
  std::unique_ptr<TlsTarget> with;
};

}  // namespace

TEST_CASE("over TLS a check by grpc offers h2, whatever the group's requests do") {
  World world;
  world.probes.add(1, world.target.address(), grpc(), world.outset);
  auto secured = world.serve("h2");
  CHECK(secured->alpn() == "h2");
  CHECK(secured->server_name() == "shop.example");
  Http2Peer peer(std::move(secured));
  REQUIRE(peer.bytes().read_bytes(http::kH2Preface.size()) == http::kH2Preface);
  peer.settings();
  CHECK(peer.next(H2FrameType::headers, 1).field(":scheme") == "https");
  peer.headers(1, kGrpcHead, false);
  peer.data(1, health_response(http::GrpcServing::serving), false);
  peer.headers(1, kGrpcOk, true);
  CHECK(peer.next(H2FrameType::goaway).is(H2FrameType::goaway));
  peer.bytes().close();
  CHECK(world.probes.result().passed());
}

TEST_CASE("a target that does not choose h2 fails in the phase tls, and gets no byte of it") {
  World world;
  world.probes.add(1, world.target.address(), grpc(), world.outset);
  const auto secured = world.serve("http/1.1");
  const ProbeResult result = world.probes.result();
  CHECK(result.phase == Phase::tls);
  CHECK(result.reason == ReasonCode::failed_checks);
  CHECK(result.detail == "the target does not speak h2 over TLS (ALPN)");
  CHECK(secured->read_to_end().empty());
}

TEST_CASE("the evidence of a check by grpc says what of TLS failed") {
  World world;
  world.probes.add(1, world.target.address(), grpc(), world.outset);
  SUBCASE("another name") {
    const auto secured = world.serve("h2", "other.example");
    const ProbeResult result = world.probes.result();
    CHECK(result.phase == Phase::tls);
    CHECK(result.detail.starts_with("the certificate is not for shop.example"));
  }
  SUBCASE("silent") {
    const auto peer = world.target.accept();
    REQUIRE(peer);
    peer->read_bytes(1);
    world.probes.advance(3s);
    const ProbeResult result = world.probes.result();
    CHECK(result.phase == Phase::tls);
    CHECK(result.detail == "no TLS handshake within 2000 ms");
  }
}

}  // namespace weir::test
