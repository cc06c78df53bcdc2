// Calls of gRPC between a real client and a real server, those of Debian's python3-grpcio.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "tests/e2e/http2_scene.h"
#include "tests/e2e/tls_scene.h"
#include "tests/support/backend.h"
#include "tests/support/threaded_server.h"

using namespace weir::e2e;

namespace {

std::string grpc_script() { return source("tests/e2e/grpc_peer.py"); }

class GrpcServer {
 public:
  GrpcServer() {
    REQUIRE(eventually([&] { return !lines_of(process_.out()).empty() || !process_.running(); }));
    REQUIRE_MESSAGE(process_.running(), process_.err());
  }
  std::string address() const { return lines_of(process_.out())[0]; }

 private:
  Process process_{{.arguments = {kPython, "-u", grpc_script(), "serve"}}};
};

// A group of one target that speaks HTTP/2, in place of that of a scene.
std::string with_http2(std::string yaml, const std::string& address) {
  yaml.erase(yaml.find("target_groups:"));
  return yaml + fmt::format(
                    "target_groups:\n"
                    "  app: {{ http2: on, health_check: off, targets: [ \"{}\" ] }}\n",
                    address);
}

constexpr const char* kTalk =
    "call ok\nlarge ok\nfrom the server ok\nfrom the client ok\nboth ways ok\nerror ok\ndeadline ok\n";

// How a call fails, as its client sees it.
std::string failed_call(const Daemon& weir, const std::string& timeout = {}) {
  std::vector<std::string> arguments{kPython, grpc_script(), "fail", weir.address()};
  if (!timeout.empty()) arguments.push_back(timeout);
  const Finished client = run(std::move(arguments));
  CHECK_MESSAGE(client.code == 0, client.err);
  return client.out;
}

double grpc_calls(const Daemon& weir, const std::string& status, const std::string& by) {
  return metric(weir, fmt::format("weir_grpc_requests_total{{listener=\"web\",target_group=\"app\","
                                  "grpc_status=\"{}\",ended_by=\"{}\"}}",
                                  status, by));
}

}  // namespace

TEST_CASE("a client of grpcio calls a server of grpcio in every way, in the clear and over TLS") {
  const GrpcServer server;
  const Certificates certificates;
  certificates.issue("site");
  std::vector<std::string> arguments{kPython, grpc_script(), "talk"};
  std::string yaml, type;
  SUBCASE("in the clear") {
    yaml = http2_to("127.0.0.1:1");
    type = "http";
  }
  SUBCASE("over TLS") {
    yaml = https_to("127.0.0.1:1", certificates_of(certificates.item("site")));
    type = "grpcs";
  }
  Daemon weir(with_http2(yaml, server.address()));
  arguments.push_back(weir.address());
  if (type == "grpcs") arguments.push_back(certificates.path("root.pem"));
  const Finished client = run(std::move(arguments));
  INFO(client.err);
  CHECK(client.code == 0);
  CHECK(client.out == kTalk);

  const std::vector<Json> lines = weir.access_log(7);
  REQUIRE(lines.size() == 7);
  CHECK(std::ranges::all_of(lines, [&](const Json& line) { return line["type"] == type; }));
  CHECK(std::ranges::count_if(lines, [](const Json& line) { return line.value("grpc_status", -1) == 0; }) ==
        5);
  CHECK(std::ranges::count_if(lines, [](const Json& line) { return line.value("grpc_status", -1) == 5; }) ==
        1);
  CHECK(grpc_calls(weir, "OK", "target") == 5);
  CHECK(grpc_calls(weir, "NOT_FOUND", "target") == 1);
}

TEST_CASE("a client of grpcio understands weir's own errors") {
  Daemon weir(http2_to("127.0.0.1:" + free_port()));
  CHECK(failed_call(weir) == "UNAVAILABLE 502 Bad Gateway (connect_refused)\n");
  const std::vector<Json> lines = weir.access_log(1);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]["status"] == 200);
  CHECK(lines[0]["grpc_status"] == 14);
  CHECK(lines[0]["reason"] == "connect_refused");
  CHECK(grpc_calls(weir, "UNAVAILABLE", "weir") == 1);
  CHECK(metric(weir, "weir_request_errors_total{listener=\"web\",reason=\"connect_refused\"}") == 1);
}

TEST_CASE("a deadline ends a call that its target does not answer") {
  ThreadedServer silent([](Connection& connection) {
    const std::vector<std::string> head = connection.head_lines();
    if (std::ranges::find(head, "User-Agent: weir/health-check") == head.end()) return !head.empty();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    return true;
  });
  Daemon weir(http2_to("127.0.0.1:" + silent.port()));
  CHECK(failed_call(weir, "300m") == "DEADLINE_EXCEEDED 504 Gateway Timeout (deadline_exceeded)\n");
  const std::vector<Json> lines = weir.access_log(1);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]["grpc_status"] == 4);
  CHECK(grpc_calls(weir, "DEADLINE_EXCEEDED", "weir") == 1);
  CHECK(metric(weir, "weir_request_errors_total{listener=\"web\",reason=\"deadline_exceeded\"}") == 1);
}

TEST_CASE("only: errors logs calls whose status is not OK") {
  ThreadedServer target([](Connection& connection) {
    const std::vector<std::string> head = connection.head_lines();
    if (head.empty()) return false;
    const bool bad = head[0].contains("/bad");
    connection.send(
        fmt::format("HTTP/1.1 200 OK\r\nGrpc-Status: {}\r\nContent-Length: 0\r\n\r\n", bad ? 5 : 0));
    return true;
  });
  Daemon weir("log: { access: { output: stdout, only: errors } }\n" + http2_to("127.0.0.1:" + target.port()));
  Http2Client client(weir.address());
  for (const char* const path : {"/good", "/bad"}) {
    const Http2Fields fields =
        request_fields(path, {{":method", "POST"}, {"content-type", "application/grpc"}, {"te", "trailers"}});
    CHECK(client.fetch(fields).field("grpc-status") == (path == std::string("/bad") ? "5" : "0"));
  }
  client.leave();
  REQUIRE(weir.stop() == 0);
  const std::vector<Json> lines = weir.access_log(1);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]["grpc_status"] == 5);
}

TEST_CASE("the example over https serves a client of gRPC") {
  const GrpcServer server;
  const TemporaryDirectory files;
  const CertificateFiles pair = write(files, "weir", self_signed({.names = {"localhost", "127.0.0.1"}}));
  std::string yaml = read_file(source("config/examples/https.yaml"));
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"weir.pem", pair.certificate},
           {"weir.key", pair.key},
           {"0.0.0.0:8443", "127.0.0.1:0"},
           {"0.0.0.0:8080", "127.0.0.1:0"},
           {"127.0.0.1:50051", server.address()},
           {"health_check: { protocol: grpc }", "health_check: off"}}) {  // it has no grpc.health.v1
    yaml.replace(yaml.find(from, yaml.find("listeners:")), from.size(), to);
  }
  const Daemon weir(yaml);
  const Finished client = run({kPython, grpc_script(), "talk", weir.address(), pair.certificate});
  INFO(client.err);
  CHECK(client.code == 0);
  CHECK(client.out == kTalk);
}
