// HTTP/2 to targets: nginx, which ends its connections now and then, under load.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/e2e/nginx.h"
#include "tests/e2e/reload_scene.h"
#include "tests/e2e/tls_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

constexpr const char* kSite = "location / { return 200 \"$server_protocol $http2 $scheme\"; }";

// In front of a target that speaks HTTP/2; `more` are keys of its group.
std::string http2_group(const std::string& target, const std::string& more = {}) {
  return fmt::format(
      "process: {{ workers: 2 }}\n"
      "log: {{ access: {{ output: off }} }}\n"
      "listeners: {{ web: {{ bind: \"127.0.0.1:0\", http2: on, forward: app }} }}\n"
      "target_groups:\n"
      "  app:\n"
      "    http2: on\n"
      "    health_check: {{ interval: 1s, fast_interval: 100ms, path: / }}\n"
      "{}"
      "    targets: [\"{}\"]\n",
      more, target);
}

void check_all_served(const Daemon& weir, std::vector<std::string> options) {
  std::vector<std::string> arguments{"h2load", "-n", "4000", "-c", "8"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back("http://" + weir.address() + "/");
  const Finished h2load = run(std::move(arguments));
  INFO(h2load.out << h2load.err);
  CHECK(has(h2load.out, "4000 succeeded, 0 failed, 0 errored"));
}

}  // namespace

TEST_CASE("requests and checks reach a target by HTTP/2 in the clear") {
  const Nginx nginx("http2", kSite);
  const Daemon weir(http2_group(nginx.second_address()));
  CHECK(eventually([&] { return all_healthy(weir); }));
  CHECK(fetch(weir.address(), "/").body == "HTTP/2.0 h2c http");
}

TEST_CASE(
    "requests and checks reach a target by HTTP/2 over TLS, and one that does not speak it is unhealthy") {
  const Certificates certificates;
  certificates.issue("a", {.names = {"shop.example"}});
  const std::string keys = fmt::format("ssl_certificate {}; ssl_certificate_key {}; {}",
                                       certificates.path("a.pem"), certificates.path("a.key"), kSite);
  const std::string group =
      fmt::format("    protocol: https\n    tls: {{ ca: \"{}\", server_name: shop.example }}\n",
                  certificates.path("root.pem"));
  const Nginx speaks("ssl http2", keys);
  const Daemon weir(http2_group(speaks.second_address(), group));
  CHECK(eventually([&] { return all_healthy(weir); }));
  CHECK(fetch(weir.address(), "/").body == "HTTP/2.0 h2 https");

  const Nginx does_not("ssl", keys);
  const Daemon other(http2_group(does_not.second_address(), group));
  CHECK(fetch(other.address(), "/").status == 502);
  CHECK(eventually(
      [&] { return has(run_weir({"targets", "--admin", other.admin_address()}).out, "unhealthy"); }));
  CHECK(times_logged(other, "target group app: TLS with target " + does_not.second_address() +
                                " as 'shop.example' failed (no_application_protocol)") == 1);
}

TEST_CASE("a target that ends its connections all the time loses no request, whatever its method") {
  const Nginx nginx("http2", std::string("keepalive_requests 100; ") + kSite);
  const Daemon weir(http2_group(nginx.second_address()));
  const TemporaryDirectory files;
  const std::string upload = files.write("upload", "three words here");
  SUBCASE("GET over HTTP/2") { check_all_served(weir, {"-m", "16"}); }
  SUBCASE("POST over HTTP/2") { check_all_served(weir, {"-m", "16", "-d", upload}); }
  SUBCASE("POST over HTTP/1.1") { check_all_served(weir, {"--h1", "-d", upload}); }
  CHECK(Metrics(weir).sum("weir_request_errors_total", {}) == 0);
}

TEST_CASE("many requests share few connections to a target") {
  const Nginx nginx("http2", kSite);
  const Daemon weir(http2_group(nginx.second_address()));
  check_all_served(weir, {"-m", "32"});
  const double connections = Metrics(weir).sum("weir_target_connections", {});
  CHECK(connections >= 1);
  CHECK(connections <= 6);  // 256 at a time, of which the target takes 128 each, and two workers
}
