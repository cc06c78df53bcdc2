// Checks by grpc of a server that Google's library makes.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>

#include "tests/e2e/nginx.h"
#include "tests/e2e/tls_scene.h"

using namespace weir::e2e;

namespace {

class GrpcServer {
 public:
  // `certificate`: of a name; empty: in the clear.
  explicit GrpcServer(const Certificates* certificates = nullptr) : process_(command_of(certificates)) {
    REQUIRE(eventually([&] { return process_.out().find('\n') != std::string::npos; }));
    const std::string said = process_.out();
    address_ = said.substr(0, said.find('\n'));
  }

  const std::string& address() const { return address_; }
  void stop_serving() { process_.signal(SIGUSR1); }
  void serve() { process_.signal(SIGUSR2); }

 private:
  static Command command_of(const Certificates* certificates) {
    std::vector<std::string> arguments{kPython, source("tests/e2e/grpc_server.py")};
    if (certificates != nullptr) {
      arguments.push_back(certificates->path("a.pem"));
      arguments.push_back(certificates->path("a.key"));
    }
    return {arguments};
  }

  Process process_;
  std::string address_;
};

// `check` are keys of a flow mapping, `group` lines of four spaces.
std::string checked(const std::string& target, const std::string& check, const std::string& group = {}) {
  return fmt::format(
      "process: {{ workers: 1 }}\n"
      "listeners: {{ web: {{ bind: \"127.0.0.1:0\", forward: app }} }}\n"
      "target_groups:\n"
      "  app:\n"
      "    targets: [{{ address: \"{}\", id: server }}]\n"
      "    health_check: {{ protocol: grpc, interval: 1s, fast_interval: 200ms, {} }}\n"
      "{}",
      target, check, group);
}

bool tells(const Daemon& weir, const std::string& evidence) {
  return eventually(
      [&] { return has(run_weir({"targets", "--admin", weir.admin_address()}).out, evidence); });
}

}  // namespace

TEST_CASE("a server of gRPC is healthy as long as it says that it serves") {
  GrpcServer server;
  for (const char* const service : {"off", "shop.v1.Cart"}) {
    CAPTURE(service);
    server.serve();
    const Daemon weir(checked(server.address(), fmt::format("service: {}", service)));
    CHECK(becomes(weir, "server", "healthy"));
    server.stop_serving();
    CHECK(becomes(weir, "server", "unhealthy"));
    CHECK(tells(weir, "the service is NOT_SERVING, not SERVING"));
    server.serve();
    CHECK(becomes(weir, "server", "healthy"));
  }
}

TEST_CASE("what a server of gRPC says of a service that it does not know is evidence") {
  const GrpcServer server;
  const Daemon weir(checked(server.address(), "service: shop.v2.Cart"));
  CHECK(becomes(weir, "server", "unhealthy"));
  CHECK(tells(weir, R"(grpc-status 5 (NOT_FOUND) is not 0: \"no such service: shop.v2.Cart\")"));
}

TEST_CASE("ALB's check passes by the code of a call that no server of gRPC implements") {
  const GrpcServer server;
  const Daemon weir(checked(server.address(), "path: /AWS.ALB/healthcheck"));
  CHECK(becomes(weir, "server", "healthy"));
  const Daemon other(checked(server.address(), "path: /AWS.ALB/healthcheck, expect: { grpc: [0, 5-7] }"));
  CHECK(becomes(other, "server", "unhealthy"));
  CHECK(tells(other, "grpc-status 12 (UNIMPLEMENTED) is not in 0, 5-7"));
}

TEST_CASE("a server of gRPC with TLS is checked over TLS") {
  const Certificates certificates;
  certificates.issue("a", {.names = {"shop.example"}});
  const GrpcServer server(&certificates);
  const auto group = [&](const std::string& name) {
    return fmt::format("    protocol: https\n    tls: {{ ca: \"{}\", server_name: {} }}\n",
                       certificates.path("root.pem"), name);
  };
  const Daemon weir(checked(server.address(), "service: off", group("shop.example")));
  CHECK(becomes(weir, "server", "healthy"));
  const Daemon other(checked(server.address(), "service: off", group("other.example")));
  CHECK(tells(other, "the certificate is not for other.example"));
}

TEST_CASE("a check by grpc tells a server that speaks HTTP/1 alone") {
  const Nginx nginx;
  const Daemon weir(checked(nginx.address(), "service: off"));
  CHECK(becomes(weir, "server", "unhealthy"));
  CHECK(tells(weir, "the target speaks HTTP/1, not HTTP/2"));
}
