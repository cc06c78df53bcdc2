// SIGUSR2: another process takes over, and knows what the old one knew.
#include "tests/e2e/upgrade.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <filesystem>

#include "tests/e2e/fleet.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

void write_workers(const Daemon& weir, int workers) {
  std::string text = read_file(weir.file());
  const std::string mark = "workers: ";
  const std::size_t at = text.find(mark) + mark.size();
  text.replace(at, text.find(' ', at) - at, std::to_string(workers) + ",");
  weir.directory().write("weir.yaml", text);
}

Json target(const Daemon& weir, const std::string& id) { return targets(weir)[id]; }

}  // namespace

TEST_CASE("another process takes over every socket, whatever its number of workers") {
  const Backend backend;
  Upgrades upgrades(
      "process: { workers: 1, upgrade_grace: 20s }\n"
      "listeners:\n"
      "  web: { bind: 127.0.0.1:0, forward: app }\n"
      "  socket: { bind: \"unix:{dir}/web.sock\", forward: app }\n"
      "target_groups: { app: { targets: [\"" +
      backend.address() + "\"] } }\n");
  Daemon& weir = upgrades.weir();
  const std::string path = weir.address("socket").substr(5);
  const auto serve = [&] {
    for (int i = 0; i < 40; ++i) {
      CHECK(fetch(weir.address(), "/name").status == 200);
      CHECK(fetch(weir.address("socket"), "/name").status == 200);
    }
  };
  serve();
  for (const int workers : {4, 2, 1, 3}) {
    write_workers(weir, workers);
    upgrades.upgrade();
    CHECK(weir.status()["workers"] == workers);
    CHECK(weir.status()["listeners"][0]["binds"][0] == weir.address());
    CHECK(eventually([&] { return upgrades.old_processes() == 0; }));
    serve();
  }
  CHECK(std::filesystem::exists(path));
  CHECK(weir.status()["listeners"][0]["requests"] == 5 * 40);
  const pid_t last = upgrades.newest();
  ::kill(last, SIGTERM);
  CHECK(eventually([&] { return !is_running(last); }));
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("health, ejections, drains, registrations and shifts go on without an event") {
  std::string state_dir;
  SUBCASE("with a state directory") { state_dir = ", state_dir: \"{dir}/state\""; }
  SUBCASE("without one") {}
  const Backend good, other, drained, registered;
  Upgrades upgrades(fmt::format(
      "process: {{ upgrade_grace: 5s{} }}\n"
      "listeners: {{ web: {{ bind: 127.0.0.1:0, forward: app }} }}\n"
      "target_groups:\n"
      "  app:\n"
      "    health_check: {{ path: /name, interval: 300ms, timeout: 200ms, unhealthy_threshold: 2 }}\n"
      "    targets:\n"
      "      - {{ address: \"{}\", id: good, zone: a }}\n"
      "      - {{ address: \"{}\", id: second, zone: b }}\n"
      "      - {{ address: \"{}\", id: drained, zone: a }}\n"
      "      - {{ address: \"127.0.0.1:9\", id: bad, zone: a }}\n",
      state_dir, good.address(), other.address(), drained.address()));
  Daemon& weir = upgrades.weir();
  const auto run_command = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--admin", weir.admin_address()});
    const Finished done = run_weir(arguments);
    CHECK_MESSAGE(done.code == 0, done.err);
  };
  run_command({"register", "app", registered.address(), "--id", "registered", "--zone", "b"});
  run_command({"drain", "app", "drained"});
  run_command({"zone", "shift", "b", "--for", "1h", "--force"});
  REQUIRE(eventually([&] {
    return target(weir, "bad")["state"] == "unhealthy" && target(weir, "registered")["state"] == "healthy";
  }));
  const std::vector<Json> before = upgrades.events();
  std::map<std::string, Json> known;
  const std::vector<std::string> ids = {"good", "second", "drained", "bad", "registered"};
  for (const std::string& id : ids) known[id] = target(weir, id);
  for (int round = 0; round < 2; ++round) {
    upgrades.upgrade();
    for (const std::string& id : ids) {
      const Json now = target(weir, id);
      INFO(id, ": ", now.dump());
      for (const char* const key : {"state", "reason", "since", "owner", "zone", "zone_shifted", "until"}) {
        if (known[id].contains(key)) CHECK(now[key] == known[id][key]);
      }
      CHECK(now["checks_passed"] >= known[id]["checks_passed"]);
      CHECK(now["checks_failed"] >= known[id]["checks_failed"]);
    }
  }
  for (int i = 0; i < 8; ++i) CHECK(fetch(weir.address(), "/name").status == 200);
  CHECK(other.requests() == 0);
  for (const Json& event : upgrades.events()) {
    CHECK_MESSAGE(event["kind"] == "upgrade", event.dump());
    CHECK(event["number"] > before.back()["number"]);
  }
}

TEST_CASE("a download goes on through two upgrades, and the last process counts it") {
  const Backend backend;
  Upgrades upgrades("process: { upgrade_grace: 30s }\n" + web_to(backend.address()));
  Daemon& weir = upgrades.weir();
  constexpr std::size_t kBytes = 40'000'000;
  Connection download(weir.address());
  download.send(fmt::format("GET /bytes/{} HTTP/1.1\r\nHost: a\r\n\r\n", kBytes));
  download.head_lines();
  upgrades.upgrade();
  upgrades.upgrade();
  CHECK(upgrades.old_processes() >= 1);
  CHECK(run_weir({"status", "--admin", weir.admin_address()}).out.find("finishes 1 connections") !=
        std::string::npos);
  std::size_t got = 0;
  download.body(kBytes, [&](std::string_view bytes) { got += bytes.size(); });
  CHECK(got == kBytes);
  CHECK(download.closes());
  CHECK(eventually([&] { return upgrades.old_processes() == 0; }));
  const Json listener = weir.status()["listeners"][0];
  CHECK(listener["requests"] == 1);
  CHECK(listener["sent_bytes"] > kBytes);
  CHECK(listener["connections"] == 0);
}

TEST_CASE("the oldest of more than eight old processes ends") {
  Backend backend;
  Upgrades upgrades("process: { workers: 1, upgrade_grace: 60s }\n" + web_to(backend.address()));
  Daemon& weir = upgrades.weir();
  std::vector<Connection> held;
  for (int i = 0; i < 9; ++i) {
    held.emplace_back(weir.address());
    held.back().send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(eventually([&] { return backend.requests() == i + 1; }));
    CHECK(upgrades.old_processes() == static_cast<std::size_t>(i));
    upgrades.upgrade();
  }
  CHECK(held[0].closes());
  CHECK(weir.process().wait() == 0);
  CHECK(eventually([&] { return upgrades.old_processes() == 8; }));
  backend.release();
  for (std::size_t i = 1; i < held.size(); ++i) CHECK(held[i].answer().status == 200);
  held.clear();
  CHECK(eventually([&] { return upgrades.old_processes() == 0; }));
}

TEST_CASE("what is left when upgrade_grace is over is cut") {
  const Backend backend;
  Upgrades upgrades("process: { upgrade_grace: 300ms }\n" + web_to(backend.address()));
  Connection client(upgrades.weir().address());
  client.send("GET /delay/60000 HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(eventually([&] { return backend.requests() == 1; }));
  upgrades.upgrade();
  CHECK(client.closes());
  CHECK(upgrades.weir().process().wait() == 0);
}
