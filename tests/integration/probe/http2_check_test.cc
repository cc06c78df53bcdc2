// Checks by http and https of groups that speak HTTP/2.

#include <doctest/doctest.h>

#include "tests/integration/probe/grpc_calls.h"
#include "tests/support/tls_peer.h"

namespace weir::test {
namespace {

const Http2Fields kWell{{":status", "200"}};

HealthCheck by_http(HealthCheck::Protocol protocol = HealthCheck::Protocol::http) {
  HealthCheck check;
  check.protocol = protocol;
  check.path = "/healthy";
  check.host = "shop.example";
  return check;
}

}  // namespace

TEST_CASE("a check of a group with http2 is a request over HTTP/2, and its connection ends as that has it") {
  GrpcCall call(by_http(), {.http2 = true});
  call.take();
  CHECK(call.head.field(":method") == "GET");
  CHECK(call.head.field(":path") == "/healthy");
  CHECK(call.head.field(":authority") == "shop.example");
  CHECK(call.head.field("connection").empty());
  call.peer->headers(1, kWell, false);
  call.peer->data(1, "fine", true);
  const ProbeResult result = call.probes.result();
  CHECK(result.passed());
  CHECK(result.status == 200);
  CHECK(result.body_start == "fine");
  CHECK(call.peer->next(H2FrameType::goaway).error() == H2Error::no_error);
  CHECK(call.peer->bytes().wait_gone());
}

TEST_CASE("a status over HTTP/2 that is not expected fails the check") {
  GrpcCall call(by_http(), {.http2 = true});
  call.take();
  call.peer->headers(1, {{":status", "503"}}, true);
  const ProbeResult result = call.probes.result();
  CHECK_FALSE(result.passed());
  CHECK(result.status == 503);
  CHECK(result.phase == Phase::status);
}

TEST_CASE("a target that speaks only HTTP/1.1 is told from one that does not answer") {
  GrpcCall call(by_http(), {.http2 = true});
  call.peer->send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  CHECK(call.probes.result().detail == "the target speaks HTTP/1, not HTTP/2");
}

TEST_CASE("a target that resets a check, or leaves, gives no answer") {
  GrpcCall call(by_http(), {.http2 = true});
  call.take();
  SUBCASE("reset") { call.peer->rst_stream(1, H2Error::internal_error); }
  SUBCASE("leaves") { call.peer->goaway(0, H2Error::no_error); }
  const ProbeResult result = call.probes.result();
  CHECK(result.phase == Phase::first_byte);
  CHECK(result.detail.starts_with("no answer: "));
}

TEST_CASE("over TLS a check of a group with http2 needs h2") {
  const TestAuthority authority = TestAuthority::make("Root");
  net::TlsClientSettings settings{.trust = net::TlsTrust::from_pem(authority.pem()).value()};
  const probe::Outset outset{.tls = net::TlsClientContext::make(std::move(settings)).value(), .http2 = true};
  for (const bool speaks : {true, false}) {
    Probes probes;
    Target target = probes.target();
    const TlsTarget with(authority.issue({.names = {"shop.example"}}), "", speaks ? "h2" : "http/1.1");
    probes.add(1, target.address(), by_http(HealthCheck::Protocol::https), outset);
    auto below = target.accept();
    REQUIRE(below);
    auto secured = with.serve([&] { probes.turn(); }, std::move(below));
    secured->shake_hands();
    if (!speaks) {
      CHECK(probes.result().detail == "the target does not speak h2 over TLS (ALPN)");
      continue;
    }
    Http2Peer peer(std::move(secured));
    REQUIRE(peer.bytes().read_bytes(http::kH2Preface.size()) == http::kH2Preface);
    peer.settings();
    CHECK(peer.next(H2FrameType::headers, 1).field(":scheme") == "https");
    peer.headers(1, kWell, true);
    CHECK(probes.result().passed());
  }
}

}  // namespace weir::test
