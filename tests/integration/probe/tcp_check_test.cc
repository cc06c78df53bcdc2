#include <doctest/doctest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "lb/net/tcp_stream.h"
#include "tests/integration/probe/probes.h"

using namespace std::chrono_literals;
using weir::model::HealthCheck;
using weir::test::Peer;
using weir::test::Phase;
using weir::test::ProbeResult;
using weir::test::Probes;
using weir::test::ReasonCode;
using weir::test::Target;

namespace {

HealthCheck tcp_check() {
  HealthCheck check;
  check.protocol = HealthCheck::Protocol::tcp;
  return check;
}

}  // namespace

TEST_CASE("a connection that is established passes a tcp check, and is closed without a byte") {
  const std::string path = "/tmp/weir-probe-tcp-test-" + std::to_string(::getpid());
  for (const std::string& address : {std::string("127.0.0.1:0"), std::string("[::1]:0"), "unix:" + path}) {
    CAPTURE(address);
    Probes probes;
    Target target = probes.target(address);
    probes.add(1, target.address(), tcp_check());
    const ProbeResult result = probes.result();
    CHECK(result.passed());
    CHECK(result.status == 0);
    const auto peer = target.accept();
    REQUIRE(peer);
    CHECK(peer->read_to_end().empty());
    CHECK(peer->ended());
  }
}

TEST_CASE("a refused connection fails a tcp check") {
  Probes probes;
  Target target = probes.target();
  const auto address = target.address();
  target.refuse();
  probes.add(1, address, tcp_check());
  const ProbeResult result = probes.result();
  CHECK(result.phase == Phase::connect);
  CHECK(result.reason == ReasonCode::failed_checks);
  CHECK(result.detail == "Connection refused");
}

TEST_CASE("a connection that is not established in time fails either check in the phase connect") {
  for (const bool http : {false, true}) {
    CAPTURE(http);
    Probes probes;
    // Its queue is full: the kernel answers no further SYN.
    Target target = probes.target("127.0.0.1:0", 0);
    std::vector<weir::net::TcpStream::Made> others;
    for (int i = 0; i < 4; ++i)
      others.push_back(weir::net::TcpStream::connect(probes.loop, target.address()));
    probes.add(1, target.address(), http ? HealthCheck{} : tcp_check());
    probes.advance(1900ms);
    CHECK(probes.results.empty());
    probes.advance(110ms);
    const ProbeResult result = probes.result();
    CHECK(result.phase == Phase::connect);
    CHECK(result.reason == ReasonCode::timeout);
    CHECK(result.detail == "no connection within 2000 ms");
  }
}
