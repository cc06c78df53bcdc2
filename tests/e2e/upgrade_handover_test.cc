// What happens while another process prepares to take over.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "lb/net/fd.h"
#include "tests/e2e/dns.h"
#include "tests/e2e/reload_scene.h"
#include "tests/e2e/upgrade.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

// A target that takes connections and never answers: its checks last as long as they may.
class SilentTarget {
 public:
  SilentTarget() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(socket_.get(), any, length) == 0);
    REQUIRE(::listen(socket_.get(), 100) == 0);
    REQUIRE(::getsockname(socket_.get(), any, &length) == 0);
    port_ = ntohs(address.sin_port);
  }
  std::string address() const { return fmt::format("127.0.0.1:{}", port_); }

 private:
  weir::net::Fd socket_;
  int port_ = 0;
};

// The process that has been started last.
pid_t started(const Daemon& weir) {
  const std::string log = weir.log(), mark = "is started as process ";
  const std::size_t at = log.rfind(mark);
  return at == std::string::npos ? 0 : std::stoi(log.substr(at + mark.size()));
}

std::string slow_yaml(const Backend& backend, const SilentTarget& silent, const std::string& more = "") {
  return fmt::format(
      "process: {{ workers: 1, state_dir: off, upgrade_grace: 20s, watch: off }}\n"
      "listeners:\n"
      "  web: {{ bind: 127.0.0.1:0, forward: app }}\n"
      "{}"
      "target_groups:\n"
      "  app:\n"
      "    health_check: {{ path: /name, interval: 3s, timeout: 2s }}\n"
      "    targets: [\"{}\", {{ address: \"{}\", weight: 0 }}]\n",
      more, backend.address(), silent.address());
}

}  // namespace

TEST_CASE("a SIGHUP to a process that prepares to take over counts from when it serves") {
  const Backend backend;
  const SilentTarget silent;
  Upgrades upgrades(slow_yaml(backend, silent, "  extra: { bind: 127.0.0.1:0, forward: app }\n"));
  Daemon& weir = upgrades.weir();
  const pid_t before = upgrades.newest();
  ::kill(before, SIGUSR2);
  REQUIRE(eventually([&] { return started(weir) != 0; }));
  edit(weir, slow_yaml(backend, silent));
  ::kill(started(weir), SIGHUP);
  upgrades.upgrade();
  CHECK(eventually([&] { return weir.status()["listeners"].size() == 1; }));
  CHECK(fetch(weir.address(), "/name").status == 200);
}

TEST_CASE("a bind that takes the place of another one at its port leaves no gap, and takes nothing before") {
  const Backend backend;
  const SilentTarget silent;
  const auto yaml = [&](const std::string& bind) {
    std::string text = slow_yaml(backend, silent);
    const std::string timeout = "timeout: 2s", interval = "interval: 3s", any = "127.0.0.1:0";
    text.replace(text.find(timeout), timeout.size(), "timeout: 6s");
    text.replace(text.find(interval), interval.size(), "interval: 7s");
    return text.replace(text.find(any), any.size(), bind);
  };
  Upgrades upgrades(yaml("0.0.0.0:0"));
  Daemon& weir = upgrades.weir();
  const std::string bound = weir.address();
  const std::string address = "127.0.0.1" + bound.substr(bound.rfind(':'));
  edit(weir, yaml(address));
  const pid_t before = upgrades.newest();
  ::kill(before, SIGUSR2);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (upgrades.newest() == before) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    Connection connection(address);
    connection.send("GET /name HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    REQUIRE(connection.readable(Milliseconds(4'000)));
    CHECK(connection.answer().status == 200);
  }
  upgrades.adopt();
  for (int i = 0; i < 20; ++i) CHECK(fetch(address, "/name").status == 200);
}

TEST_CASE("a bind that moves to another address of its port and back by upgrades refuses no connection") {
  const Backend backend;
  std::string many = "\"127.0.0.1:1\"";  // so that taking over lasts a while
  for (int i = 2; i < 2000; ++i) many += fmt::format(", \"127.0.0.1:{}\"", i);
  const auto yaml = [&](const std::string& bind) {
    return fmt::format(
        "process: {{ workers: 2, state_dir: off, upgrade_grace: 20s, watch: off }}\n"
        "log: {{ access: {{ output: off }} }}\n"
        "listeners: {{ web: {{ bind: \"{}\", forward: app }} }}\n"
        "target_groups:\n"
        "  app: {{ targets: [\"{}\"] }}\n"
        "  big: {{ health_check: off, targets: [{}] }}\n",
        bind, backend.address(), many);
  };
  Upgrades upgrades(yaml("127.0.0.1:0"));
  const std::string narrow = upgrades.weir().address();
  const std::string wide = "0.0.0.0" + narrow.substr(narrow.rfind(':'));
  std::atomic<int> answered = 0;
  std::vector<std::string> failures;
  std::jthread client([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      try {
        Connection connection(narrow);
        connection.send("GET /name HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        if (connection.answer().status == 200) ++answered;
      } catch (const std::exception& error) {
        failures.emplace_back(error.what());
      }
    }
  });
  for (const std::string& bind : {wide, narrow, wide, narrow}) {
    edit(upgrades.weir(), yaml(bind));
    upgrades.upgrade();
    const int before = answered;
    CHECK(eventually([&] { return answered > before + 20; }));
  }
  client.request_stop();
  client.join();
  CHECK(failures == std::vector<std::string>());
}

TEST_CASE("what is saved while an upgrade is under way is loaded when it fails") {
  const Backend backend;
  const SilentTarget silent;
  Upgrades upgrades(slow_yaml(backend, silent));
  Daemon& weir = upgrades.weir();
  ::kill(upgrades.newest(), SIGUSR2);
  REQUIRE(eventually([&] { return started(weir) != 0; }));
  edit(weir, slow_yaml(backend, silent, "  extra: { bind: 127.0.0.1:0, respond: { status: 204 } }\n"));
  CHECK(reload(weir).status == 409);
  weir.process().signal(SIGHUP);
  REQUIRE(
      eventually([&] { return weir.log().find("SIGHUP: an upgrade is under way") != std::string::npos; }));
  ::kill(started(weir), SIGKILL);
  CHECK(eventually([&] { return weir.status()["listeners"].size() == 2; }));
  CHECK(metric(weir, "weir_config_last_reload_success") == 1);
}

TEST_CASE("an upgrade that is asked for while a reload is under way begins behind it") {
  const Backend backend("app");
  Dns dns;
  const auto yaml = [&](const std::string& target) {
    return fmt::format(
        "process: {{ workers: 1, state_dir: off, watch: off, resolvers: [\"{}\"] }}\n"
        "listeners: {{ web: {{ bind: 127.0.0.1:0, forward: app }} }}\n"
        "target_groups: {{ app: {{ targets: [ {} ] }} }}\n",
        dns.address(), target);
  };
  Upgrades upgrades(yaml("\"" + backend.address() + "\""));
  Daemon& weir = upgrades.weir();
  const pid_t before = upgrades.newest();
  dns.addresses("web.test", {"127.0.0.1"});
  dns.hold(true);
  edit(weir, yaml(fmt::format("{{ dns: web.test, port: {} }}", backend.port())));
  weir.process().signal(SIGHUP);
  weir.process().signal(SIGUSR2);
  CHECK(
      eventually([&] { return weir.log().find("the upgrade begins when the reload") != std::string::npos; }));
  CHECK(started(weir) == 0);
  dns.hold(false);
  CHECK(eventually([&] { return upgrades.newest() != before; }));
  CHECK(weir.log().find("configuration reloaded (") < weir.log().find("is started as process"));
  CHECK(fetch(weir.address(), "/name").body == "app");
  upgrades.adopt();
}

TEST_CASE("targets that the file named outlive an upgrade whose names have no address") {
  const Backend backend("app");
  const DnsServer silent;
  const auto yaml = [&](const std::string& target) {
    return fmt::format(
        "process: {{ workers: 1, state_dir: off, watch: off, resolvers: [\"{}\"] }}\n"
        "listeners: {{ web: {{ bind: 127.0.0.1:0, forward: app }} }}\n"
        "target_groups: {{ app: {{ targets: [ {} ] }} }}\n",
        silent.address().to_string(), target);
  };
  Upgrades upgrades(yaml("\"" + backend.address() + "\""));
  edit(upgrades.weir(), yaml("{ dns: web.test, port: 1 }"));
  for (int i = 0; i < 2; ++i) {
    upgrades.upgrade();
    CHECK(fetch(upgrades.weir().address(), "/name").body == "app");
  }
  CHECK(targets(upgrades.weir()).size() == 1);
}

TEST_CASE("targets of a DNS name outlive an upgrade while nobody answers, or while it names fewer") {
  const Backend backend("app");
  Dns dns;
  dns.addresses("web.test", {"127.0.0.1", "127.0.0.2"});
  const BenchBackend other({"--listen", "127.0.0.2:" + backend.port()});
  Upgrades upgrades(
      fmt::format("process: {{ workers: 1, upgrade_grace: 20s, resolvers: [\"{}\"] }}\n"
                  "listeners: {{ web: {{ bind: 127.0.0.1:0, forward: app }} }}\n"
                  "target_groups: {{ app: {{ targets: [ {{ dns: web.test, port: {} }} ] }} }}\n",
                  dns.address(), backend.port()));
  const auto healthy = [&] {
    std::size_t count = 0;
    for (const auto& [id, target] : targets(upgrades.weir())) count += target["state"] == "healthy" ? 1 : 0;
    return count;
  };
  REQUIRE(eventually([&] { return healthy() == 2; }));
  SUBCASE("fewer") { dns.addresses("web.test", {"127.0.0.1"}); }
  SUBCASE("nobody") { dns.stop(); }
  upgrades.upgrade();
  CHECK(healthy() == 2);
  for (int i = 0; i < 20; ++i) CHECK(fetch(upgrades.weir().address(), "/name").status == 200);
}
