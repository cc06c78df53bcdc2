// The admin API of the running daemon, and the command that reads it.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"
#include "tests/support/contains.h"

using namespace weir::e2e;
using weir::test::contains;

namespace {

constexpr std::string_view kToken = "correct-horse-battery";

// With its admin listener on TCP, and a token.
std::string guarded(const std::string& target, const std::string& token_file) {
  return fmt::format("admin: {{ bind: 127.0.0.1:0, token_file: {} }}\n{}", token_file, web_to(target));
}

}  // namespace

TEST_CASE("the metrics are clean for promtool, idle and after traffic") {
  const Backend backend;
  Daemon weir("process: { workers: 2 }\n" + web_to(backend.address()));
  const TemporaryDirectory directory;
  const auto check = [&](const std::string& metrics) {
    const std::string file = directory.write("metrics", metrics);
    const Finished promtool = run({"sh", "-c", "promtool check metrics <" + file});
    INFO(promtool.out << promtool.err);
    CHECK(promtool.code == 0);
    CHECK(promtool.err == "");
  };
  check(weir.admin("/metrics").body);
  for (int i = 0; i < 5; ++i) CHECK(fetch(weir.address(), "/name").status == 200);
  Connection bad(weir.address());
  bad.send("GET / HTTP/1.1\r\n\r\n");
  CHECK(bad.answer().status == 400);
  REQUIRE(eventually([&] { return weir.status()["listeners"][0]["requests"] == 6; }));

  const Answer metrics = weir.admin("/metrics");
  CHECK(metrics.field("Content-Type").starts_with("text/plain; version=0.0.4"));
  check(metrics.body);
  const std::string target = fmt::format("target_group=\"app\",zone=\"\",target=\"{}\"", backend.address());
  for (const std::string& line : std::vector<std::string>{
           "weir_requests_total{listener=\"web\",code=\"200\"} 5",
           "weir_requests_total{listener=\"web\",code=\"400\"} 1",
           "weir_connections_total{listener=\"web\",protocol=\"http/1.1\"} 6",
           "weir_target_requests_total{" + target + ",code_class=\"2xx\"} 5",
           "weir_target_outstanding_requests{" + target + "} 0",
           "weir_config_last_reload_success 1",
       }) {
    CHECK_MESSAGE(contains(metrics.body, "\n" + line + "\n"), line);
  }
  for (const char* const family :
       {"weir_request_duration_seconds_bucket", "weir_request_errors_total", "weir_received_bytes_total",
        "weir_sent_bytes_total", "weir_websockets", "weir_target_response_seconds_bucket",
        "weir_target_connections", "weir_build_info", "weir_config_info", "weir_access_log_dropped_total",
        "process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"}) {
    CHECK_MESSAGE(contains(metrics.body, std::string("\n") + family), family);
  }
}

TEST_CASE("it is alive, and ready until it stops") {
  Backend backend;
  Daemon weir("process: { shutdown_grace: 30s }\n" + web_to(backend.address()));
  CHECK(weir.admin("/livez").body == "ok\n");
  CHECK(weir.admin("/readyz").body == "ok\n");
  Connection client(weir.address());
  client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(eventually([&] { return backend.requests() == 1; }));
  weir.process().signal(SIGTERM);
  CHECK(eventually([&] { return weir.admin("/readyz").status == 503; }));
  CHECK(weir.admin("/readyz").body == "stopping\n");
  CHECK(weir.admin("/livez").status == 200);
  CHECK(weir.status()["state"] == "stopping");
  backend.release();
  CHECK(client.answer().status == 200);
  CHECK(weir.process().wait() == 0);
}

TEST_CASE("a group without a target is not ready") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("weir.yaml",
                                           "admin: { bind: 127.0.0.1:0 }\n"
                                           "listeners: { web: { bind: 127.0.0.1:0, forward: app } }\n"
                                           "target_groups: { app: { targets: [] } }\n" +
                                               std::string(kNoState));
  Process process(command({"run", "-c", file}));
  const std::string mark = "admin: listening on ";
  REQUIRE(eventually([&] { return contains(process.err(), "serving with"); }));
  const std::size_t begin = process.err().find(mark) + mark.size();
  const std::string address = process.err().substr(begin, process.err().find('\n', begin) - begin);
  CHECK(fetch(address, "/readyz").status == 503);
}

TEST_CASE("the status and the configuration tell what runs") {
  const Backend backend;
  Daemon weir("process: { workers: 2 }\n" + web_to(backend.address()));
  CHECK(fetch(weir.address(), "/name").status == 200);
  REQUIRE(eventually([&] { return weir.status()["listeners"][0]["requests"] == 1; }));
  const Json status = weir.status();
  CHECK(status["pid"] == weir.process().pid());
  CHECK(status["state"] == "running");
  CHECK(status["workers"] == 2);
  CHECK(status["config"]["file"] == weir.file());
  CHECK(status["listeners"][0]["name"] == "web");
  CHECK(status["listeners"][0]["state"] == "listening");
  CHECK(status["target_groups"][0]["targets"][0]["address"] == backend.address());
  CHECK(status["target_groups"][0]["targets"][0]["requests"] == 1);

  const Answer config = weir.admin("/api/v1/config");
  CHECK(config.field("Content-Type") == "application/json");
  const Json effective = Json::parse(config.body);
  CHECK(effective["listeners"]["web"]["timeouts"]["header"] == "10s");  // a default
  CHECK(effective["target_groups"].contains("app"));

  const Answer nothing = weir.admin("/api/v1/nothing");
  CHECK(nothing.status == 404);
  CHECK(nothing.field("Content-Type") == "application/problem+json");
  CHECK(Json::parse(nothing.body)["status"] == 404);
}

TEST_CASE("pages of other sites and other names get nothing") {
  Daemon weir("admin: { bind: 127.0.0.1:0 }\n" + web_to("127.0.0.1:9"));
  const std::string& admin = weir.admin_address();
  for (const char* const path : {"/metrics", "/livez", "/readyz", "/api/v1/status", "/api/v1/config"}) {
    INFO(path);
    CHECK(fetch(admin, path).status == 200);
    CHECK(fetch(admin, path, "Origin: http://evil.example\r\n").status == 403);
    CHECK(fetch(admin, path, "Origin: null\r\n").status == 403);
    CHECK(fetch(admin, path, "Host: evil.example\r\n").status == 403);
    CHECK(fetch(admin, path, "Host: " + admin + "\r\nOrigin: http://" + admin + "\r\n").status == 200);
  }
}

TEST_CASE("a token opens what needs one, and is never shown") {
  const TemporaryDirectory directory;
  const std::string token_file = directory.write("token", fmt::format("{}\n", kToken));
  const Backend backend;
  Daemon weir(guarded(backend.address(), token_file));
  const std::string right = fmt::format("Authorization: Bearer {}\r\n", kToken);
  // Reading is free on loopback; by a foreign name it takes the token.
  CHECK(fetch(weir.admin_address(), "/api/v1/status", right).status == 200);
  CHECK(fetch(weir.admin_address(), "/api/v1/status", "Host: lb.example\r\n").status == 403);
  CHECK(fetch(weir.admin_address(), "/api/v1/status", "Host: lb.example\r\n" + right).status == 200);
  CHECK(fetch(weir.admin_address(), "/api/v1/status",
              "Host: lb.example\r\nAuthorization: Bearer wrong-horse\r\n")
            .status == 403);
  CHECK_FALSE(contains(weir.admin("/api/v1/config").body, kToken));
  CHECK_FALSE(contains(weir.log(), kToken));
  const Finished status = run_weir({"status", "--admin", weir.admin_address(), "--token-file", token_file});
  CHECK(status.code == 0);
}

TEST_CASE("an admin listener for everybody needs a token") {
  const TemporaryDirectory directory;
  const std::string without =
      directory.write("weir.yaml", "admin: { bind: 0.0.0.0:0 }\n" + web_to("127.0.0.1:9"));
  const Finished refused = run_weir({"run", "-c", without});
  CHECK(refused.code == 1);
  CHECK(contains(refused.err, "token_file"));

  const std::string token_file = directory.write("token", fmt::format("{}\n", kToken));
  Daemon weir(fmt::format("admin: {{ bind: 127.0.0.1:0, token_file: {} }}\n", token_file) +
              web_to("127.0.0.1:9"));
  CHECK(fetch(weir.admin_address(), "/livez").status == 200);
}

TEST_CASE("weir status prints tables for people and the document for programs") {
  const Backend backend;
  Daemon weir("process: { workers: 2 }\n" + web_to(backend.address()));
  CHECK(fetch(weir.address(), "/name").status == 200);
  const Finished table = run_weir({"status", "--admin", weir.admin_address()});
  INFO(table.out << table.err);
  CHECK(table.code == 0);
  for (const std::string& part :
       {std::string("web"), weir.address(), std::string("app"), backend.address()}) {
    CHECK_MESSAGE(contains(table.out, part), part);
  }
  CHECK_FALSE(contains(table.out, "\x1b["));  // colours are for terminals
  const Finished document = run_weir({"status", "--admin", weir.admin_address(), "--json"});
  CHECK(document.code == 0);
  CHECK(Json::parse(document.out)["pid"] == weir.process().pid());
}

TEST_CASE("weir status takes the admin address as a URL too") {
  const Daemon weir("admin: { bind: 127.0.0.1:0 }\n" + web_to("127.0.0.1:9"));
  for (const char* const end : {"", "/"}) {
    const Finished status = run_weir({"status", "--admin", "http://" + weir.admin_address() + end});
    CHECK_MESSAGE(status.code == 0, status.err);
  }
}

TEST_CASE("weir status says in one line that nobody answers") {
  const Finished nobody = run_weir({"status", "--admin", "127.0.0.1:" + free_port()});
  CHECK(nobody.code == 1);
  CHECK(nobody.out == "");
  CHECK(lines_of(nobody.err).size() == 1);
  CHECK(contains(nobody.err, "weir status: no weir answers on 127.0.0.1:"));
}

TEST_CASE("without an admin listener traffic flows all the same") {
  const Backend backend;
  const TemporaryDirectory directory;
  const std::string file =
      directory.write("weir.yaml", "admin: { bind: off }\n" + web_to(backend.address()) + kNoState);
  Process process(command({"run", "-c", file}));
  const std::string mark = "listener web: listening on ";
  REQUIRE(eventually([&] { return contains(process.err(), "serving with"); }));
  const std::size_t begin = process.err().find(mark) + mark.size();
  CHECK(fetch(process.err().substr(begin, process.err().find('\n', begin) - begin), "/name").status == 200);
  CHECK_FALSE(contains(process.err(), "admin"));
  process.signal(SIGTERM);
  CHECK(process.wait() == 0);
}
