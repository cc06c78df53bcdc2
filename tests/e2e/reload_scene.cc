#include "tests/e2e/reload_scene.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <fstream>

namespace weir::e2e {
namespace {

std::string targets_of(const Fleet& fleet, std::size_t count) {
  std::string yaml;
  for (std::size_t i = 0; i < count; ++i) {
    yaml += fmt::format("      - {{ address: \"{}\", id: {} }}\n", fleet.address(i), Fleet::id(i));
  }
  return yaml;
}

bool is_counter(const std::string& series) {
  const std::string family = series.substr(0, series.find('{'));
  return family.ends_with("_total") || family.ends_with("_count") || family.ends_with("_bucket") ||
         family.ends_with("_sum");
}

}  // namespace

std::string scene_yaml(const Fleet& fleet, const Edit& edit, const std::string& process) {
  const std::string rule =
      edit.rule ? "    rules: [ { name: extra, match: { path: /extra }, forward: shop } ]\n" : "";
  return fmt::format(
      "process: {{ workers: 2, state_dir: \"{{dir}}/state\", {} }}\n"
      "admin: {{ bind: \"unix:{{dir}}/admin.sock\" }}\n"
      "log: {{ access: {{ output: off }} }}\n"
      "listeners:\n"
      "  web:\n    bind: 127.0.0.1:0\n{}    forward: app\n"
      "  shop: {{ bind: 127.0.0.1:0, forward: shop }}\n"
      "  idle: {{ bind: 127.0.0.1:0, respond: {{ body: \"{}\" }} }}\n"
      "target_groups:\n"
      "  app:\n{}    targets:\n{}"
      "  shop:\n    stickiness: {{ type: lb_cookie, ttl: {} }}\n{}    targets:\n{}"
      "  idle-{}: {{ health_check: off, targets: [ \"127.0.0.1:1\" ] }}\n",
      process, rule, edit.number, kChecks, targets_of(fleet, edit.targets), edit.stickiness_ttl, kChecks,
      targets_of(fleet, 3), edit.number % 7);
}

Traffic::Traffic(const Daemon& weir)
    : process_({{kPython, source("tests/e2e/traffic.py"), weir.address("web"), weir.address("shop")}}) {
  REQUIRE(eventually([&] { return process_.out().find("ready\n") != std::string::npos; }));
}

Json Traffic::report() {
  process_.signal(SIGTERM);
  const auto code = process_.wait(Milliseconds(60'000));
  INFO(process_.err());
  REQUIRE(code == 0);
  const auto lines = lines_of(process_.out());
  return Json::parse(lines.back());
}

void edit(const Daemon& weir, const std::string& yaml) {
  write_file(weir.file(), complete(yaml, weir.directory().path()));
}

Json applied(const Daemon& weir) {
  const Answer answer = reload(weir);
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  return Json::parse(answer.body);
}

Answer reload(const Daemon& weir, const std::string& body) {
  Connection connection(weir.admin_address());
  connection.send(fmt::format(
      "POST /api/v1/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}", body.size(), body));
  return connection.answer("POST");
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
}

std::vector<std::string> gone_back(const Metrics& before, const Metrics& after) {
  std::vector<std::string> series;
  for (const auto& [name, value] : before.all()) {
    if (is_counter(name) && after[name] < value) series.push_back(name);
  }
  return series;
}

void check_unharmed(const Json& report) {
  INFO(report.dump(2));
  CHECK(report["failures"].empty());
  CHECK(report["moved"] == 0);
  CHECK(report["requests"] > 10);
  CHECK(report["echoes"] > 10);
  CHECK(report["sticky_requests"] > 10);
  CHECK(report["downloads"] >= 1);
}

}  // namespace weir::e2e
