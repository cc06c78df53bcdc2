// Members of a group that come, go and are full, under traffic.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <deque>

#include "tests/e2e/fleet.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

TEST_CASE("targets come and go two hundred times under load, and no request fails") {
  Fleet fleet(3);
  BenchBackend guest({});
  Daemon weir(group_of(fleet));
  REQUIRE(all_healthy(weir));
  Load load(weir);
  const auto weir_command = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--admin", weir.admin_address()});
    return run_weir(std::move(arguments));
  };
  int times = 0;
  while (load.running() && times < 200) {
    const Finished added = weir_command({"register", "app", guest.address(), "--zone", "b", "--id", "guest"});
    INFO(added.out << added.err);
    REQUIRE(added.code == 0);
    if (times == 0) CHECK(becomes(weir, "guest", "healthy"));
    const Finished removed = weir_command({"deregister", "app", guest.address()});
    INFO(removed.out << removed.err);
    REQUIRE(removed.code == 0);
    ++times;
  }
  check_none_failed(load.report());
  CHECK(times >= (kSanitized ? 5 : 50));
  CHECK(eventually([&] { return !targets(weir).contains("guest"); }));
}

TEST_CASE("a download on a drained target completes, and new requests go elsewhere") {
  Backend slow("slow"), other("other");
  Daemon weir(
      "process: { state_dir: \"{dir}/state\" }\n"
      "listeners: { web: { bind: 127.0.0.1:0, forward: app } }\n"
      "target_groups:\n  app:\n    targets: [" +
      slow.address() + "]\n");
  Connection download(weir.address(), {.receive_buffer = 65536});
  download.send("GET /bytes/67108864 HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(eventually([&] { return slow.requests() >= 1; }));
  const auto change = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--admin", weir.admin_address()});
    const Finished done = run_weir(std::move(arguments));
    INFO(done.out << done.err);
    CHECK(done.code == 0);
    return done.out;
  };
  change({"register", "app", other.address()});
  CHECK(becomes(weir, other.address(), "healthy"));
  CHECK(change({"drain", "app", slow.address()}).find("1 in flight") != std::string::npos);
  CHECK(state_of(weir, slow.address()) == "draining");
  for (int i = 0; i < 20; ++i) CHECK(fetch(weir.address(), "/name").body == "other");
  const Answer downloaded = download.answer();
  CHECK(downloaded.whole);
  CHECK(downloaded.body == pattern(0, 67108864));

  // All of it outlives the process.
  CHECK(weir.stop() == 0);
  const Process again(command({"run", "-c", weir.file()}));
  REQUIRE(eventually([&] { return again.err().find("serving with") != std::string::npos; }));
  const std::string mark = "admin: listening on ";
  const std::string said = again.err();
  const std::size_t begin = said.find(mark) + mark.size();
  const std::string admin = said.substr(begin, said.find('\n', begin) - begin);
  const Json kept = Json::parse(fetch(admin, "/api/v1/targets").body)["target_groups"][0]["targets"];
  REQUIRE(kept.size() == 2);
  CHECK(kept[0]["state"] == "draining");
  CHECK(kept[1]["owner"] == "api");
}

TEST_CASE("requests wait for a target at its limit, in a queue with an end") {
  Backend backend;
  Daemon weir(
      "process: { workers: 2, state_dir: off }\n"
      "listeners: { web: { bind: 127.0.0.1:0, forward: app } }\n"
      "target_groups:\n  app:\n    queue: { max: 2, timeout: 20s }\n    health_check: off\n"
      "    targets: [ { address: \"" +
      backend.address() + "\", max_requests: 1 } ]\n");
  std::deque<Connection> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(weir.address());
    clients.back().send(fmt::format("GET /held?n={} HTTP/1.1\r\nHost: a\r\n\r\n", i));
    REQUIRE(eventually([&] {
      return i == 0 ? backend.requests() == 1 : metric(weir, R"(weir_queue_length{target_group="app"})") == i;
    }));
  }
  const Answer refused = fetch(weir.address(), "/");
  CHECK(refused.status == 503);
  CHECK(refused.field("Proxy-Status").find("connection_limit_reached") != std::string::npos);
  CHECK(backend.requests() == 1);
  clients[1] = Connection(-1);  // gives up
  REQUIRE(eventually([&] { return metric(weir, R"(weir_queue_length{target_group="app"})") == 1; }));
  backend.release();
  CHECK(clients[0].answer().status == 200);
  CHECK(clients[2].answer().status == 200);
  CHECK(backend.requests() == 2);
  CHECK(metric(weir, R"(weir_queue_wait_seconds_count{target_group="app"})") == 1);
}

TEST_CASE("a request that has waited too long in the queue is answered 503") {
  Backend backend;
  Daemon weir(
      "process: { state_dir: off }\n"
      "listeners: { web: { bind: 127.0.0.1:0, forward: app } }\n"
      "target_groups:\n  app:\n    queue: { timeout: 200ms }\n    health_check: off\n"
      "    targets: [ { address: \"" +
      backend.address() + "\", max_requests: 1 } ]\n");
  Connection first(weir.address());
  first.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(eventually([&] { return backend.requests() == 1; }));
  CHECK(fetch(weir.address(), "/").status == 503);
  CHECK(weir.access_log(1)[0]["reason"] == "queue_timeout");
  backend.release();
  CHECK(first.answer().status == 200);
  CHECK(fetch(weir.address(), "/name").status == 200);
}
