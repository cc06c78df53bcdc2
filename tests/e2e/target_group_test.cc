// Target groups under load, with real targets that die, hang, fail and slow down, and come back.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <map>

#include "tests/e2e/bench.h"
#include "tests/e2e/weir.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

// Targets that are processes of their own, in zones: 2 + 2 + 1.
class Fleet {
 public:
  explicit Fleet(std::size_t targets = 5, const std::vector<std::string>& options = {}) : options_(options) {
    for (std::size_t i = 0; i < targets; ++i) {
      backends_.push_back(std::make_unique<BenchBackend>(options));
      addresses_.push_back(backends_.back()->address());
    }
  }

  static const char* zone(std::size_t target) {
    constexpr const char* kZones[] = {"a", "a", "b", "b", "c"};
    return kZones[target % 5];
  }
  const std::string& address(std::size_t target) const { return addresses_[target]; }
  std::string yaml() const {
    std::string yaml;
    for (std::size_t i = 0; i < addresses_.size(); ++i) {
      yaml += fmt::format("      - {{ address: \"{}\", zone: {}, id: t{} }}\n", addresses_[i], zone(i), i);
    }
    return yaml;
  }

  void signal(std::size_t target, int number) { backends_[target]->process().signal(number); }
  void kill(std::size_t target) {
    signal(target, SIGKILL);
    backends_[target]->process().wait();
  }
  // At the same address, with other options if need be.
  void bring_back(std::size_t target) { replace(target, options_); }
  void replace(std::size_t target, std::vector<std::string> options) {
    if (backends_[target]->process().running()) kill(target);
    options.insert(options.end(), {"--listen", addresses_[target]});
    backends_[target] = std::make_unique<BenchBackend>(options);
  }

 private:
  std::vector<std::string> options_;
  std::vector<std::unique_ptr<BenchBackend>> backends_;
  std::vector<std::string> addresses_;
};

constexpr const char* kChecks =
    "    health_check: { interval: 200ms, fast_interval: 100ms, timeout: 100ms }\n"
    "    retry: { attempts: 4, when: [connect_failure, reset, timeout, 502, 503, 504] }\n"
    "    timeouts: { connect: 300ms, response: 500ms }\n";

std::string group_of(const Fleet& fleet, const std::string& settings = kChecks) {
  return "process: { workers: 2, state_dir: \"{dir}/state\" }\n"
         "log: { access: { output: off } }\n"
         "listeners: { web: { bind: 127.0.0.1:0, forward: app } }\n"
         "target_groups:\n  app:\n" +
         settings + "    targets:\n" + fleet.yaml();
}

std::map<std::string, Json> targets(const Daemon& weir) {
  const Json answer = Json::parse(weir.admin("/api/v1/targets?group=app").body);
  std::map<std::string, Json> result;
  for (const Json& target : answer["target_groups"][0]["targets"]) result[target["id"]] = target;
  return result;
}

std::string state_of(const Daemon& weir, const std::string& target) {
  return targets(weir)[target].value("state", "gone");
}

bool becomes(const Daemon& weir, const std::string& target, const std::string& state) {
  return eventually([&] { return state_of(weir, target) == state; });
}

bool all_healthy(const Daemon& weir) {
  return eventually([&] {
    const auto all = targets(weir);
    return !all.empty() &&
           std::ranges::all_of(all, [](const auto& one) { return one.second["state"] == "healthy"; });
  });
}

double metric(const Daemon& weir, const std::string& series) {
  const std::string text = weir.admin("/metrics").body;
  const std::size_t at = ("\n" + text).find("\n" + series + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 1));
}

// Requests at a steady rate for as long as it lives, as `weir-bench run` reports them.
class Load {
 public:
  Load(const Daemon& weir, const std::string& seconds, const std::string& rate = "600")
      : process_({.arguments = {WEIR_BENCH_BINARY, "run", "http://" + weir.address() + "/", "-c", "32", "-d",
                                seconds + "s", "--warmup", "0s", "--rate", rate, "--json", "-"}}) {}
  Json report() {
    process_.wait(std::chrono::seconds(90));
    return Json::parse(process_.out());
  }
  bool running() { return process_.running(); }

 private:
  Process process_;
};

void check_none_failed(const Json& report) {
  INFO(report.dump(2));
  CHECK(report["errors"].empty());
  REQUIRE(report["statuses"].size() == 1);
  CHECK(report["statuses"].begin().key() == "200");
}

}  // namespace

TEST_CASE("targets that are killed, hang, fail and slow down, and a zone that is lost, cost no request") {
  Fleet fleet;
  Daemon weir(group_of(fleet));
  REQUIRE(all_healthy(weir));
  CHECK(weir.admin("/readyz").status == 200);
  Load load(weir, kSanitized ? "20" : "12", kSanitized ? "100" : "600");

  fleet.kill(0);
  CHECK(becomes(weir, "t0", "unhealthy"));
  const Json dead = targets(weir)["t0"];
  CHECK(dead["reason"] == "Target.FailedHealthChecks");
  CHECK(dead["probes"].back()["phase"] == "connect");
  fleet.bring_back(0);
  CHECK(becomes(weir, "t0", "healthy"));

  fleet.signal(1, SIGSTOP);
  CHECK(becomes(weir, "t1", "unhealthy"));
  CHECK(targets(weir)["t1"]["reason"] == "Target.Timeout");
  fleet.signal(1, SIGCONT);
  CHECK(becomes(weir, "t1", "healthy"));

  fleet.kill(2);
  fleet.kill(3);
  CHECK(becomes(weir, "t2", "unhealthy"));
  CHECK(becomes(weir, "t3", "unhealthy"));
  CHECK(metric(weir, R"(weir_target_group_targets{target_group="app",zone="b",state="unhealthy"})") == 2);
  CHECK(metric(weir, R"(weir_target_group_fail_open{target_group="app"})") == 0);
  fleet.bring_back(2);
  fleet.bring_back(3);
  CHECK(all_healthy(weir));

  const Json report = load.report();
  check_none_failed(report);
  CHECK(metric(weir, R"(weir_retry_budget_exhausted_total{target_group="app"})") == 0);
}

TEST_CASE("a target that answers 500 is ejected, counted and taken back") {
  Fleet fleet;
  Daemon weir(group_of(fleet,
                       "    health_check: off\n"
                       "    retry: { attempts: 2, when: [connect_failure] }\n"
                       "    outlier_detection: { base_ejection: 1s }\n"));
  fleet.replace(4, {"--error-rate", "100%"});
  for (int i = 0; i < 200; ++i) fetch(weir.address(), "/");
  CHECK(
      metric(
          weir,
          R"(weir_target_ejections_total{target_group="app",zone="c",target="t4",reason="consecutive_answered"})") >=
      1);
  CHECK(metric(weir,
               R"(weir_target_requests_total{target_group="app",zone="c",target="t4",code_class="5xx"})") >=
        5);
  fleet.bring_back(4);
  CHECK(becomes(weir, "t4", "healthy"));
  CHECK(eventually([&] {
    fetch(weir.address(), "/");
    return metric(
               weir,
               R"(weir_target_requests_total{target_group="app",zone="c",target="t4",code_class="2xx"})") >=
           1;
  }));
}

TEST_CASE("when all targets fail their checks all of them get requests, or none if that is wanted") {
  Fleet fleet(2);
  const bool refuse = [] {
    bool refuses = false;
    SUBCASE("all") {}
    SUBCASE("none") { refuses = true; }
    return refuses;
  }();
  const std::string check =
      "    health_check: { path: /bytes/1, expect: { status: 204 }, interval: 200ms, timeout: 100ms }\n";
  Daemon weir(group_of(fleet, check + (refuse ? "    fail_open: { refuse: true }\n" : "")));
  REQUIRE(becomes(weir, "t0", "unhealthy"));
  REQUIRE(becomes(weir, "t1", "unhealthy"));
  CHECK(targets(weir)["t0"]["reason"] == "Target.ResponseCodeMismatch");
  CHECK(metric(weir, R"(weir_target_group_fail_open{target_group="app"})") == 1);
  CHECK(eventually([&] { return fetch(weir.address(), "/").status == (refuse ? 503 : 200); }));
  CHECK(weir.admin("/readyz").status == (refuse ? 503 : 200));
  const std::vector<std::string> lines = lines_of(weir.log());
  const auto names = [](const std::string& line) { return line.find("t0 (a): ") != std::string::npos; };
  REQUIRE(std::ranges::count_if(lines, names) == 1);  // not at each interval
  CHECK(std::ranges::find_if(lines, names)
            ->find("initial -> unhealthy, Target.ResponseCodeMismatch, status: ") != std::string::npos);
}

TEST_CASE("targets come and go two hundred times under load, and no request fails") {
  Fleet fleet(3);
  BenchBackend guest({});
  Daemon weir(group_of(fleet));
  REQUIRE(all_healthy(weir));
  Load load(weir, kSanitized ? "20" : "10", kSanitized ? "100" : "600");
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

TEST_CASE("a zone is shifted away for a time, but not the last one with a healthy target") {
  Fleet fleet(5);
  Daemon weir(group_of(fleet));
  REQUIRE(all_healthy(weir));
  const auto shift = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"zone", "shift"});
    arguments.insert(arguments.end(), {"--admin", weir.admin_address()});
    return run_weir(std::move(arguments));
  };
  CHECK(shift({"a", "--for", "1m", "--reason", "power"}).code == 0);
  CHECK(shift({"b", "--for", "1m"}).code == 0);
  const Finished last = shift({"c", "--for", "1m"});
  CHECK(last.code != 0);
  CHECK(last.err.find("--force") != std::string::npos);
  CHECK(shift({"nowhere", "--for", "1m"}).err.find("no target stands in a zone 'nowhere'") !=
        std::string::npos);
  CHECK(metric(weir, R"(weir_zone_shifted{zone="a"})") == 1);
  const double before =
      metric(weir, R"(weir_target_requests_total{target_group="app",zone="c",target="t4",code_class="2xx"})");
  for (int i = 0; i < 20; ++i) CHECK(fetch(weir.address(), "/").status == 200);
  CHECK(metric(weir,
               R"(weir_target_requests_total{target_group="app",zone="c",target="t4",code_class="2xx"})") ==
        before + 20);
  CHECK(run_weir({"zone", "unshift", "a", "--admin", weir.admin_address()}).code == 0);
  CHECK(targets(weir)["t0"]["zone_shifted"] == false);
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

TEST_CASE(
    "one target that is ten times slower shows in the slowest hundredth only where turns are taken blindly") {
  constexpr std::size_t kTargets = 24;
  const auto p99 = [](const std::string& algorithm, bool with_slow_one) {
    Fleet fleet(kTargets, {"--delay", "100ms"});
    if (with_slow_one) fleet.replace(7, {"--delay", "1s"});
    Daemon weir(group_of(fleet, "    algorithm: " + algorithm + "\n    health_check: off\n"));
    const Json report = load({"http://" + weir.address() + "/", "-c", "96", "-d", "6s", "--warmup", "2s"});
    check_none_failed(report);
    return report["latency_microseconds"]["p99"].get<double>();
  };
  const double without = p99("power_of_two", false);
  CHECK(p99("power_of_two", true) < 2 * without);
  CHECK(p99("least_outstanding", true) < 2 * without);
  CHECK(p99("round_robin", true) > 5 * without);
}
