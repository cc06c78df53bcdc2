#include <doctest/doctest.h>
#include <unistd.h>

#include <string>

#include "tests/integration/probe/probes.h"

using namespace std::chrono_literals;
using weir::model::HealthCheck;
using weir::model::Pattern;
using weir::test::answer;
using weir::test::Message;
using weir::test::Peer;
using weir::test::Phase;
using weir::test::ProbeResult;
using weir::test::Probes;
using weir::test::ReasonCode;
using weir::test::Target;

namespace {

HealthCheck expecting_body(std::string_view part) {
  HealthCheck check;
  check.expect.body = Pattern::parse_part(part).value();
  return check;
}

// One probe, answered with these bytes at once; then the target closes if `closes`.
ProbeResult probed(const HealthCheck& check, std::string_view bytes, bool closes = false) {
  Probes probes;
  Target target = probes.target();
  probes.add(1, target.address(), check);
  const auto peer = target.accept();
  REQUIRE(peer);
  CHECK(peer->read(false).whole);
  peer->send(bytes);
  if (closes) peer->close();
  return probes.result();
}

}  // namespace

TEST_CASE("an answer with an expected status is a pass") {
  Probes probes;
  Target target = probes.target();
  probes.add(7, target.address());
  const auto peer = target.accept();
  REQUIRE(peer);
  const Message request = peer->read();
  CHECK(request.start_line == "GET / HTTP/1.1");
  CHECK(request.field("Host") == target.address().to_string());
  CHECK(request.field("User-Agent") == "weir/health-check");
  CHECK(request.field("Connection") == "close");
  probes.clock.advance(15ms);
  peer->send(answer(200, "fine"));
  const ProbeResult result = probes.result();
  CHECK(probes.results[0].first == 7);
  CHECK(result.passed());
  CHECK(result.reason == ReasonCode::none);
  CHECK(result.status == 200);
  CHECK(result.took == 15ms);
  CHECK(result.at == probes.clock.wall() - 15ms);
  CHECK(result.body_start == "fine");
  CHECK(result.detail.empty());
  CHECK(peer->wait_gone());
  CHECK(peer->ended());
  CHECK_FALSE(peer->broken());
}

TEST_CASE("the request is what the check says") {
  HealthCheck check;
  check.method = "POST";
  check.path = "/ready?deep=1";
  check.host = "app.internal";
  check.headers = {{"X-Probe", "1"}, {"user-agent", "mine"}, {"Connection", "keep-alive"}};
  Probes probes;
  Target target = probes.target();
  probes.add(1, target.address(), check);
  const auto peer = target.accept();
  REQUIRE(peer);
  const Message request = peer->read();
  CHECK(request.start_line == "POST /ready?deep=1 HTTP/1.1");
  CHECK(request.field("Host") == "app.internal");
  CHECK(request.field("X-Probe") == "1");
  CHECK(request.field("User-Agent") == "mine");
  CHECK(request.field("Connection") == "close");
  CHECK(request.field("Content-Length") == "0");
}

TEST_CASE("a check may have a port and a Host of its own") {
  HealthCheck check;
  check.headers = {{"Host", "from-headers"}};
  Probes probes;
  Target target = probes.target();
  check.port = target.address().port();
  weir::base::SocketAddress traffic = target.address();
  traffic.set_port(1);
  probes.add(1, traffic, check);
  const auto peer = target.accept();
  REQUIRE(peer);
  CHECK(peer->read().field("Host") == "from-headers");
}

TEST_CASE("an answer is judged by its status, its headers and its body, and the phase says where it failed") {
  struct Row {
    std::string_view what;
    HealthCheck check;
    std::string bytes;
    bool closes;
    Phase phase;
    ReasonCode reason;
    std::uint16_t status;
    std::string_view detail;
  };
  HealthCheck header;
  header.expect.headers.emplace_back("x-ready", Pattern::parse("yes").value());
  HealthCheck head = expecting_body("ready");
  head.method = "HEAD";
  const Row rows[] = {
      {"a wrong status",
       {},
       answer(503),
       false,
       Phase::status,
       ReasonCode::response_code_mismatch,
       503,
       "status 503 is not in 200-399"},
      {"an expected header", header, answer(200, "", "X-Ready: yes\r\n"), false, Phase::passed,
       ReasonCode::none, 200, ""},
      {"an absent header", header, answer(200), false, Phase::header, ReasonCode::failed_checks, 200,
       "header x-ready is absent"},
      {"an expected body", expecting_body("ready"), answer(200, "is ready."), false, Phase::passed,
       ReasonCode::none, 200, ""},
      {"a wrong body", expecting_body("ready"), answer(200, "is down."), false, Phase::body,
       ReasonCode::failed_checks, 200, "the body does not contain \"ready\""},
      {"no body, for HEAD", head, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, Phase::body,
       ReasonCode::failed_checks, 200, "the body does not contain \"ready\""},
      {"a body until the close", expecting_body("ready"), "HTTP/1.1 200 OK\r\n\r\nready", true, Phase::passed,
       ReasonCode::none, 200, ""},
      {"an interim answer first",
       {},
       "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
       true,
       Phase::passed,
       ReasonCode::none,
       204,
       ""},
      {"an unasked upgrade",
       {},
       "HTTP/1.1 101 Switching Protocols\r\n\r\n",
       true,
       Phase::status,
       ReasonCode::response_code_mismatch,
       101,
       "status 101 is not in 200-399"},
      {"garbage", {}, "SSH-2.0-OpenSSH_9.2\r\n", false, Phase::status, ReasonCode::failed_checks, 0, ""},
      {"a close without a byte", {}, "", true, Phase::first_byte, ReasonCode::failed_checks, 0, ""},
      {"a close inside the head",
       {},
       "HTTP/1.1 200 OK\r\nX-",
       true,
       Phase::status,
       ReasonCode::failed_checks,
       0,
       ""},
      {"a close inside an expected body", expecting_body("ready"),
       "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nready", true, Phase::body, ReasonCode::failed_checks,
       200, ""},
      {"a close inside a body that nobody expects",
       {},
       "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nready",
       true,
       Phase::passed,
       ReasonCode::none,
       200,
       ""},
      {"a head without end",
       {},
       "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x'),
       false,
       Phase::status,
       ReasonCode::failed_checks,
       0,
       ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const ProbeResult result = probed(row.check, row.bytes, row.closes);
    CAPTURE(result.detail);
    CHECK(word(result.phase) == word(row.phase));
    CHECK(result.reason == row.reason);
    CHECK(result.status == row.status);
    if (row.phase == Phase::passed || !row.detail.empty()) {
      CHECK(result.detail == row.detail);
    } else {
      CHECK_FALSE(result.detail.empty());
    }
  }
}

TEST_CASE("a target that refuses, or that is not there, fails in the phase connect") {
  Probes probes;
  Target target = probes.target();
  const auto address = target.address();
  target.refuse();
  probes.add(1, address);
  ProbeResult result = probes.result();
  CHECK(result.phase == Phase::connect);
  CHECK(result.reason == ReasonCode::failed_checks);
  CHECK(result.detail == "Connection refused");
  // An error that connect() itself gives.
  probes.add(2, weir::base::SocketAddress::unix_path("/nowhere/weir-probe"));
  probes.clock.advance(8ms);
  result = probes.result();
  CHECK(result.phase == Phase::connect);
  CHECK(result.detail == "No such file or directory");
}

TEST_CASE("the timeout covers the whole probe, and the phase says what did not come") {
  struct Row {
    std::string_view bytes;
    Phase phase;
    std::string_view detail;
  };
  const Row rows[] = {
      {"", Phase::first_byte, "no answer within 2000 ms"},
      {"HTTP/1.1 200", Phase::status, "no complete head within 2000 ms"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nis", Phase::body, "no complete body within 2000 ms"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.detail);
    Probes probes;
    Target target = probes.target();
    probes.add(1, target.address(), expecting_body("ready"));
    const auto peer = target.accept();
    REQUIRE(peer);
    peer->read();
    probes.advance(1500ms);
    peer->send(row.bytes);
    for (int i = 0; i < 5; ++i) probes.turn();
    probes.advance(490ms);
    CHECK(probes.results.empty());
    probes.advance(20ms);
    const ProbeResult result = probes.result();
    CHECK(word(result.phase) == word(row.phase));
    CHECK(result.reason == ReasonCode::timeout);
    CHECK(result.detail == row.detail);
    CHECK(result.took >= 2s);
    CHECK(peer->wait_gone());
  }
}

TEST_CASE("an answer that trickles in passes if it is complete in time") {
  Probes probes;
  Target target = probes.target();
  probes.add(1, target.address(), expecting_body("ready"));
  const auto peer = target.accept();
  REQUIRE(peer);
  peer->read();
  const std::string bytes = answer(200, "it is ready now");
  for (const char byte : bytes) {
    CHECK(probes.results.empty());
    peer->send({&byte, 1});
    probes.advance(8ms);
  }
  const ProbeResult result = probes.result();
  CHECK(result.passed());
  CHECK(result.took > 400ms);
  CHECK(result.body_start == "it is ready now");
}

TEST_CASE("a text in the second chunk of the body is found, and one across two chunks") {
  for (const char* chunks :
       {"4\r\nis o\r\n6\r\n ready\r\n0\r\n\r\n", "5\r\nis re\r\n3\r\nady\r\n0\r\n\r\n"}) {
    CAPTURE(chunks);
    Probes probes;
    Target target = probes.target();
    probes.add(1, target.address(), expecting_body("ready"));
    const auto peer = target.accept();
    REQUIRE(peer);
    peer->read();
    peer->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (std::string_view rest = chunks; !rest.empty();) {
      const std::size_t line = rest.find('\n') + 1;
      peer->send(rest.substr(0, line));
      rest.remove_prefix(line);
      probes.turn();
    }
    CHECK(probes.result().passed());
  }
}

TEST_CASE("of a huge body the first 64 KiB are read, and no more") {
  for (const bool ready : {true, false}) {
    CAPTURE(ready);
    Probes probes;
    Target target = probes.target();
    probes.add(1, target.address(), expecting_body("ready"));
    const auto peer = target.accept();
    REQUIRE(peer);
    peer->read();
    peer->send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    std::string body(65'536, 'x');
    body.replace(ready ? 65'531 : 65'532, 5, "ready");
    peer->send(body);
    const ProbeResult result = probes.result();
    CHECK(result.passed() == ready);
    if (!ready) CHECK(result.detail == "the first 64 KiB of the body do not contain \"ready\"");
    CHECK(result.body_start == std::string(256, 'x'));
    CHECK(peer->wait_gone());
  }
}

TEST_CASE("a verdict that needs no body does not wait for one, but gives its start a moment to come") {
  struct Row {
    unsigned status;
    Phase phase;
  };
  for (const Row& row : {Row{200, Phase::passed}, Row{500, Phase::status}}) {
    CAPTURE(row.status);
    Probes probes;
    Target target = probes.target();
    probes.add(1, target.address());
    const auto peer = target.accept();
    REQUIRE(peer);
    peer->read();
    peer->send("HTTP/1.1 " + std::to_string(row.status) + " Reason\r\nContent-Length: 1000\r\n\r\n");
    probes.advance(20ms);
    peer->send("because");
    for (int i = 0; i < 5; ++i) probes.turn();
    probes.advance(60ms);
    CHECK(probes.results.empty());
    probes.advance(60ms);
    const ProbeResult result = probes.result();
    CHECK(result.phase == row.phase);
    CHECK(result.took < 30ms);
    CHECK(result.body_start == "because");
  }
}

TEST_CASE("targets on IPv6 and unix sockets are probed like any other") {
  const std::string path = "/tmp/weir-probe-test-" + std::to_string(::getpid());
  for (const std::string& address : {std::string("[::1]:0"), "unix:" + path}) {
    CAPTURE(address);
    Probes probes;
    Target target = probes.target(address);
    probes.add(1, target.address());
    const auto peer = target.accept();
    REQUIRE(peer);
    CHECK(peer->read().field("Host") ==
          (target.address().is_unix() ? "localhost" : target.address().to_string()));
    peer->send(answer(200));
    CHECK(probes.result().passed());
  }
}
