// More clients than there is room for.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <memory>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

constexpr std::string_view kRequest = "GET /name HTTP/1.1\r\nHost: a\r\n\r\n";

void limit_descriptors(pid_t pid, rlim_t soft, rlim_t hard) {
  const rlimit limit{soft, hard};
  REQUIRE(::prlimit(pid, RLIMIT_NOFILE, &limit, nullptr) == 0);
}

double series_of(const Daemon& weir, const std::string& series) {
  for (const std::string& line : lines_of(weir.admin("/metrics").body)) {
    if (line.starts_with(series + " ")) return std::stod(line.substr(series.size()));
  }
  return -1;
}

}  // namespace

TEST_CASE("beyond max_connections clients wait until others leave") {
  const Backend backend;
  Daemon weir("process: { max_connections: 4, workers: 1 }\n" + web_to(backend.address()));
  std::vector<Connection> first;
  for (int i = 0; i < 4; ++i) {
    first.emplace_back(weir.address());
    first.back().send(kRequest);
    CHECK(first.back().answer().status == 200);
  }
  Connection waiting(weir.address());
  waiting.send(kRequest);
  CHECK_FALSE(waiting.readable(Milliseconds(300)));
  CHECK(weir.status()["listeners"][0]["connections"] == 4);
  first.pop_back();
  CHECK(waiting.answer().status == 200);
}

TEST_CASE("a low descriptor limit lets fewer clients in and the rest wait") {
  const Backend backend;
  Daemon weir("process: { workers: 1 }\n" + web_to(backend.address()), {.descriptors = 200});
  CHECK(weir.log().find("at most 14 client connections") != std::string::npos);
  std::vector<Connection> clients;
  for (int i = 0; i < 100; ++i) {
    clients.emplace_back(weir.address());
    clients.back().send(kRequest);
  }
  REQUIRE(eventually([&] { return weir.status()["listeners"][0]["connections"] == 14; }));
  // Each that goes lets another one in, until all of them were served.
  for (Connection& client : clients) {
    CHECK(client.answer().status == 200);
    client = Connection(-1);
  }
  CHECK(eventually([&] { return weir.status()["listeners"][0]["requests"] == 100; }));
}

TEST_CASE("connections kept to many targets leave the clients their descriptors") {
  constexpr std::uint64_t kDescriptors = 256;
  constexpr std::size_t kTargets = 80;
  std::vector<std::unique_ptr<Backend>> backends;
  std::string targets;
  for (std::size_t i = 0; i < kTargets; ++i) {
    backends.push_back(std::make_unique<Backend>());
    targets += (i == 0 ? "" : ", ") + backends.back()->address();
  }
  Daemon weir(
      "process: { workers: 4 }\n"
      "listeners: { web: { bind: 127.0.0.1:0, forward: app } }\n"
      "target_groups: { app: { targets: [" +
          targets + "] } }\n",
      {.descriptors = kDescriptors});
  CHECK(weir.log().find("at most 11 client connections") != std::string::npos);
  for (std::size_t i = 0; i < 10 * kTargets; ++i) REQUIRE(fetch(weir.address(), "/name").status == 200);
  CHECK(weir.status()["process"]["open_descriptors"] <= kDescriptors - 2 * 11);
}

TEST_CASE("when descriptors run out weir neither ends nor forgets how to accept") {
  int workers = 0;
  SUBCASE("one worker") { workers = 1; }
  SUBCASE("three workers") { workers = 3; }
  const Backend backend;
  Daemon weir(fmt::format("process: {{ workers: {} }}\n", workers) + web_to(backend.address()),
              {.descriptors = 1000});
  Connection before(weir.address());
  before.send(kRequest);
  CHECK(before.answer().status == 200);

  const pid_t pid = weir.process().pid();
  limit_descriptors(pid, weir.status()["process"]["open_descriptors"].get<rlim_t>() + 4, 1000);
  std::vector<Connection> clients;
  for (int i = 0; i < 60; ++i) {
    clients.emplace_back(weir.address());
    clients.back().send(kRequest);
  }
  // Where no descriptor is left for the target the client is told so.
  before.send(kRequest);
  const int status = before.answer().status;
  CHECK((status == 200 || status == 503 || status == 502));
  CHECK(eventually(
      [&] { return weir.log().find("listener web: cannot accept connections: ") != std::string::npos; }));
  CHECK(weir.process().running());

  limit_descriptors(pid, 1000, 1000);
  int served = 0;
  for (Connection& client : clients) {
    const Answer answer = client.answer();
    CHECK(answer.whole);
    CHECK((answer.status == 200 || answer.status == 503 || answer.status == 502));
    served += answer.status == 200;
  }
  CHECK(served > 50);
  CHECK(fetch(weir.address(), "/name").status == 200);
  CHECK(series_of(weir, "weir_connections_rejected_total{listener=\"web\",reason=\"no_descriptors\"}") > 0);
}

TEST_CASE("a listener that is full says 503, and so does one address too often") {
  const Backend backend;
  std::string limits, reason;
  SUBCASE("connections") {
    limits = "    limits: { connections: 2 }\n";
    reason = "listener_limit";
  }
  SUBCASE("connections of a source") {
    limits = "    limits: { connections_per_source: 2 }\n";
    reason = "source_limit";
  }
  Daemon weir("process: { workers: 2 }\n" + web_to(backend.address(), limits));
  Connection a(weir.address()), b(weir.address());
  for (Connection* client : {&a, &b}) {
    client->send(kRequest);
    CHECK(client->answer().status == 200);
  }
  Connection c(weir.address());
  const Answer refused = c.answer();
  CHECK(refused.status == 503);
  CHECK(refused.whole);
  CHECK(refused.field("Proxy-Status").starts_with("weir; error=connection_limit_reached"));
  CHECK(c.closes());
  CHECK(series_of(weir, "weir_connections_rejected_total{listener=\"web\",reason=\"" + reason + "\"}") == 1);
  if (reason == "source_limit") {
    Connection other(weir.address(), {.from = "127.0.0.2"});
    other.send(kRequest);
    CHECK(other.answer().status == 200);
  }
  a = Connection(-1);
  CHECK(eventually([&] { return fetch(weir.address(), "/name").status == 200; }));
}
