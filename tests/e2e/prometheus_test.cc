// What a real Prometheus makes of the metrics, and of the rules that come with weir.
#include "tests/e2e/prometheus.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

// A listener that works, one whose only target refuses, and buckets of its own.
std::string scene(const std::string& target) {
  return fmt::format(
      "process: {{ workers: 2 }}\n"
      "admin: {{ bind: 127.0.0.1:0, latency_buckets: [1ms, 20ms, 10s] }}\n"
      "listeners:\n"
      "  web: {{ bind: 127.0.0.1:0, forward: app }}\n"
      "  broken: {{ bind: 127.0.0.1:0, forward: dead }}\n"
      "target_groups:\n"
      "  app: {{ targets: [ {{ address: \"{}\", zone: az-1 }} ] }}\n"
      "  dead: {{ health_check: off, outlier_detection: off, targets: [ \"127.0.0.1:{}\" ] }}\n",
      target, free_port());
}

void send_requests(const Daemon& weir) {
  CHECK(fetch(weir.address(), "/name").status == 200);
  CHECK(fetch(weir.address("broken"), "/name").status == 502);
  Connection call(weir.address("broken"));
  call.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n");
  CHECK(call.answer().status == 200);
  Connection bad(weir.address());
  bad.send("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n");
  CHECK(bad.answer().status == 400);
}

// The series that a text of metrics has a sample of.
std::set<std::string> names_in(const std::string& text) {
  std::set<std::string> names;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#')) names.insert(line.substr(0, line.find_first_of("{ ")));
  }
  return names;
}

std::set<std::string> names_known(const Prometheus& prometheus) {
  std::set<std::string> names;
  for (const auto& sample : prometheus.query("count by (__name__) ({job=\"weir\"})")) {
    names.insert(sample.labels["__name__"]);
  }
  return names;
}

std::set<std::string> recorded() {
  std::set<std::string> names;
  std::istringstream lines(read_file(source("packaging/prometheus/alb_rules.yaml")));
  const std::string mark = "- record: ";
  for (std::string line; std::getline(lines, line);) {
    if (const auto at = line.find(mark); at != std::string::npos) names.insert(line.substr(at + mark.size()));
  }
  return names;
}

}  // namespace

TEST_CASE("a Prometheus that scrapes weir has every series, and values under ALB's names") {
  const Backend backend;
  const Daemon weir(scene(backend.address()));
  send_requests(weir);
  const Prometheus prometheus(weir.admin_address());
  INFO(prometheus.log());

  REQUIRE_MESSAGE(eventually([&] { return prometheus.value("up{job=\"weir\"}") == 1; }),
                  prometheus.get("/api/v1/targets").dump());
  const Json target = prometheus.get("/api/v1/targets")["activeTargets"][0];
  CHECK(target["health"] == "up");
  CHECK(target["lastError"] == "");

  const std::string text = weir.admin("/metrics").body;
  const std::set<std::string> written = names_in(text);
  CHECK(written.size() > 40);
  CHECK(eventually([&] { return std::ranges::includes(names_known(prometheus), written); }));
  CHECK(prometheus.value("count(weir_target_response_seconds_bucket{target_group=\"app\"})") == 4);
  CHECK(prometheus.value("weir_target_response_seconds_bucket{target_group=\"app\", le=\"10\"}") >= 1);
  const TemporaryDirectory directory;
  const Finished promtool = run({"sh", "-c", "promtool check metrics <" + directory.write("metrics", text)});
  CHECK_MESSAGE(promtool.code == 0, promtool.out, promtool.err);
  CHECK(promtool.err == "");

  for (const std::string& name : recorded()) {
    INFO(name);
    CHECK(eventually([&] {
      send_requests(weir);
      return !prometheus.query(name).empty();
    }));
  }
  for (const char* const counted :
       {"weir_listener:RequestCount:sum_1m{listener=\"web\"}",
        "weir_listener:GrpcRequestCount:sum_1m{listener=\"broken\"}",
        "weir_listener:HTTPCode_ELB_4XX_Count:sum_1m{listener=\"web\"}",
        "weir_listener:HTTPCode_ELB_5XX_Count:sum_1m{listener=\"broken\"}",
        "weir_listener:HTTPCode_ELB_502_Count:sum_1m{listener=\"broken\"}",
        "weir_listener:NewConnectionCount:sum_1m{listener=\"web\"}",
        "weir_listener:ProcessedBytes:sum_1m{listener=\"web\"}",
        "weir_listener:DesyncMitigationMode_NonCompliant_Request_Count:sum_1m{listener=\"web\"}",
        "weir_target_group:RequestCount:sum_1m{target_group=\"app\"}",
        "weir_target_group:RequestCountPerTarget:sum_1m{target_group=\"app\"}",
        "weir_target_group:HTTPCode_Target_2XX_Count:sum_1m{target_group=\"app\"}",
        "weir_target_group:TargetConnectionErrorCount:sum_1m{target_group=\"dead\"}",
        "weir_target_group:TargetResponseTime:avg_1m{target_group=\"app\"}",
        "weir_target_group:TargetResponseTime:p50_1m{target_group=\"app\"}",
        "weir_target_group:TargetResponseTime:p90_1m{target_group=\"app\"}",
        "weir_target_group:TargetResponseTime:p99_1m{target_group=\"app\"}"}) {
    CHECK_MESSAGE(eventually([&] { return prometheus.value(counted) > 0; }), counted);
  }
  CHECK(prometheus.value("weir_target_group:HealthyHostCount:last{target_group=\"app\", zone=\"az-1\"}") ==
        1);
  CHECK(prometheus.value("weir_target_group:HealthyStateRouting:last{target_group=\"app\"}") == 1);
  const Json rules = prometheus.get("/api/v1/rules");
  for (const Json& group : rules["groups"]) {
    for (const Json& rule : group["rules"]) CHECK_MESSAGE(rule["health"] == "ok", rule.dump());
  }
}
