// Targets under load that die, hang, fail and slow down, and come back.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "tests/e2e/fleet.h"

using namespace weir::e2e;

namespace {

// Five targets in three zones under a steady load, with probes and outlier detection as quick as they get.
// What probes ask for is answered 200 by a target whose other answers are 500.
struct Scene {
  Fleet fleet;
  Daemon weir{group_of(
      fleet, kSanitized ? "    health_check: { path: /status/200, interval: 500ms, fast_interval: 250ms, "
                          "timeout: 500ms }\n"
                          "    outlier_detection: { base_ejection: 4s }\n"
                          "    retry: { attempts: 4, when: [connect_failure, reset, timeout] }\n"
                          "    timeouts: { connect: 1s, response: 1500ms }\n"
                        : "    health_check: { path: /status/200, interval: 200ms, fast_interval: 100ms, "
                          "timeout: 100ms }\n"
                          "    outlier_detection: { base_ejection: 2s }\n"
                          "    retry: { attempts: 4, when: [connect_failure, reset, timeout] }\n"
                          "    timeouts: { connect: 300ms, response: 500ms }\n")};

  double now(const std::string& series) const { return metric(weir, series); }
  // A counter or gauge of one target.
  double of(const std::string& target, const std::string& family, const std::string& label = "") const {
    std::vector<std::string> labels{fmt::format("target=\"{}\"", target)};
    if (!label.empty()) labels.push_back(label);
    return Metrics(weir).sum(family, labels);
  }
  std::ptrdiff_t told(const std::string& text) const {
    const auto lines = lines_of(weir.log());
    return std::ranges::count_if(
        lines, [&](const std::string& line) { return line.find(text) != std::string::npos; });
  }
  void print_last(const char* what, const LastRequest& last_request) const {
    MESSAGE(fmt::format("{}: the last request was sent there {} ms later", what, last_request().count()));
  }
};

void kill_one(Scene& scene) {
  const LastRequest last_request(scene.weir, {"t0"});
  scene.fleet.kill(0);
  scene.print_last("a target is killed", last_request);
  CHECK(becomes(scene.weir, "t0", "unhealthy"));
  const Json dead = targets(scene.weir)["t0"];
  CHECK(dead["reason"] == "Target.FailedHealthChecks");
  CHECK(dead["probes"].back()["phase"] == "connect");
  CHECK(scene.now(R"(weir_target_health{target_group="app",zone="a",target="t0",state="unhealthy"})") == 1);
  CHECK(scene.of("t0", "weir_health_checks_total", R"(result="fail")") >= 2);
  CHECK(scene.of("t0", "weir_target_connection_errors_total", R"(reason="connect_refused")") >= 1);
  CHECK(Metrics(scene.weir).sum("weir_retries_total", {R"(reason="connect_refused")"}) >= 1);
  scene.fleet.bring_back(0);
  CHECK(becomes(scene.weir, "t0", "healthy"));
  CHECK(scene.told("t0 (a): healthy -> unhealthy") == 1);
  CHECK(scene.told("t0 (a): unhealthy -> healthy") == 1);
}

// It takes connections and requests, and never answers: what it has been sent waits for the response timeout,
// and is asked elsewhere then.
void hang_one(Scene& scene) {
  const LastRequest last_request(scene.weir, {"t1"});
  scene.fleet.signal(1, SIGSTOP);
  scene.print_last("a target hangs", last_request);
  CHECK(becomes(scene.weir, "t1", "unhealthy"));
  CHECK(targets(scene.weir)["t1"]["reason"] == "Target.Timeout");
  CHECK(eventually([&] {
    return scene.of("t1", "weir_target_connection_errors_total", R"(reason="response_timeout")") >= 1;
  }));
  CHECK(eventually([&] { return scene.of("t1", "weir_target_outstanding_requests") == 0; }));
  CHECK(Metrics(scene.weir).sum("weir_retries_total", {R"(reason="response_timeout")"}) >= 1);
  scene.fleet.signal(1, SIGCONT);
  CHECK(becomes(scene.weir, "t1", "healthy"));
}

// Its answers are passed on, 500 being what the application says, until a row of them has ejected it.
void fail_one(Scene& scene) {
  scene.fleet.replace(4, {"--status", "500"});
  const LastRequest last_request(scene.weir, {"t4"});
  REQUIRE(
      eventually([&] { return scene.of("t4", "weir_target_requests_total", R"(code_class="5xx")") > 0; }));
  scene.print_last("a target answers 500", last_request);
  CHECK(becomes(scene.weir, "t4", "ejected"));
  CHECK(scene.of("t4", "weir_target_ejections_total", R"(reason="consecutive_answered")") >= 1);
  CHECK(scene.of("t4", "weir_target_requests_total", R"(code_class="5xx")") >= 5);
  scene.fleet.bring_back(4);
  CHECK(becomes(scene.weir, "t4", "healthy"));
}

void slow_one(Scene& scene) {
  scene.fleet.replace(3, {"--delay", kSanitized ? "200ms" : "50ms"});
  REQUIRE(all_healthy(scene.weir));
  const auto before = answered(scene.weir);
  CHECK(eventually([&] { return answered_since(before, scene.weir)["t0"] >= 100; }));
  const auto since = answered_since(before, scene.weir);
  MESSAGE("a target is slow: it gets " << since.at("t3") << " requests where another gets "
                                       << since.at("t0"));
  CHECK(since.at("t3") < 0.5 * since.at("t0"));
  CHECK(state_of(scene.weir, "t3") == "healthy");
  scene.fleet.bring_back(3);
  REQUIRE(all_healthy(scene.weir));
}

void lose_zone(Scene& scene) {
  const LastRequest last_request(scene.weir, {"t2", "t3"});
  scene.fleet.signal(2, SIGKILL);
  scene.fleet.kill(3);
  scene.fleet.kill(2);
  scene.print_last("a zone is lost", last_request);
  CHECK(becomes(scene.weir, "t2", "unhealthy"));
  CHECK(becomes(scene.weir, "t3", "unhealthy"));
  const Metrics metrics(scene.weir);
  CHECK(metrics[R"(weir_target_group_targets{target_group="app",zone="b",state="unhealthy"})"] == 2);
  CHECK(metrics[R"(weir_target_group_targets{target_group="app",zone="b",state="healthy"})"] == 0);
  CHECK(metrics[R"(weir_target_group_fail_open{target_group="app"})"] == 0);
  scene.fleet.bring_back(2);
  scene.fleet.bring_back(3);
  CHECK(all_healthy(scene.weir));
}

// Everyone is asked again.
bool all_serve(const Scene& scene) {
  const auto before = answered(scene.weir);
  return eventually([&] {
    const auto since = answered_since(before, scene.weir);
    return std::ranges::all_of(since, [](const auto& one) { return one.second >= 5; });
  });
}

}  // namespace

TEST_CASE("targets that are killed, hang, fail and slow down, and a zone that is lost, cost no request") {
  Scene scene;
  REQUIRE(all_healthy(scene.weir));
  CHECK(scene.weir.admin("/readyz").status == 200);
  Load load(scene.weir);
  REQUIRE(all_serve(scene));

  kill_one(scene);
  hang_one(scene);
  fail_one(scene);
  slow_one(scene);
  lose_zone(scene);
  CHECK(all_serve(scene));

  // Nothing but the 500s of the one target came to clients: those of its row, and of requests that were under
  // way to it when the row was complete.
  Json report = load.report();
  INFO(report.dump(2));
  const double passed_on = report["statuses"].value("500", 0);
  CHECK(passed_on >= 5);
  CHECK(passed_on <= 5 + 32);
  report["statuses"].erase("500");
  check_none_failed(report);
  const Metrics metrics(scene.weir);
  CHECK(metrics.sum("weir_request_errors_total") == 0);
  CHECK(metrics.sum("weir_retry_budget_exhausted_total") == 0);
  CHECK(metrics.sum("weir_target_requests_total", {R"(code_class="5xx")"}) == passed_on);
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
