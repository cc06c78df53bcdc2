// TLS and the PROXY protocol to targets: nginx and another weir as targets.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/e2e/nginx.h"
#include "tests/e2e/reload_scene.h"
#include "tests/e2e/tls_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

constexpr const char* kTells =
    "location / { return 200 \"$ssl_server_name $ssl_session_reused $ssl_client_s_dn "
    "$proxy_protocol_addr $server_protocol\"; }";

// An nginx with TLS, whose certificate is that of this name.
Nginx tls_nginx(const Certificates& certificates, const std::string& name, const std::string& more = {},
                const std::string& listen = "ssl") {
  return {listen,
          fmt::format("ssl_certificate {}; ssl_certificate_key {}; {} {}", certificates.path(name + ".pem"),
                      certificates.path(name + ".key"), more, kTells)};
}

// `tls` are keys of a flow mapping.
std::string group_of(const std::string& target, const std::string& tls, const std::string& more = {}) {
  return fmt::format(
      "process: {{ workers: 1 }}\n"
      "listeners: {{ web: {{ bind: \"127.0.0.1:0\", forward: app }} }}\n"
      "target_groups:\n"
      "  app:\n"
      "    protocol: https\n"
      "    tls: {{ {} }}\n"
      "    health_check: {{ interval: 1s, fast_interval: 100ms, host: shop.example }}\n"
      "{}"
      "    targets: [\"{}\"]\n",
      tls, more, target);
}

std::string trusting(const Certificates& certificates, const std::string& more = {}) {
  return fmt::format("ca: \"{}\"{}{}", certificates.path("root.pem"), more.empty() ? "" : ", ", more);
}

Answer ask_for(const Daemon& weir, const std::string& host) {
  Connection client(weir.address());
  client.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  return client.answer();
}

double errors(const Daemon& weir, const std::string& reason) {
  return Metrics(weir).sum("weir_target_connection_errors_total", {fmt::format("reason=\"{}\"", reason)});
}

std::string last_detail(const Daemon& weir) {
  return run_weir({"targets", "--admin", weir.admin_address()}).out;
}

}  // namespace

TEST_CASE("requests and checks reach an nginx with TLS, for the name of their Host") {
  const Certificates certificates;
  certificates.issue("a", {.names = {"shop.example", "other.example"}});
  const Nginx nginx = tls_nginx(certificates, "a");
  Daemon weir(group_of(nginx.second_address(), trusting(certificates)));
  CHECK(eventually([&] { return all_healthy(weir); }));
  CHECK(has(ask_for(weir, "shop.example").body, "shop.example . "));
  CHECK(has(ask_for(weir, "Other.Example:8443").body, "other.example . "));
  CHECK(ask_for(weir, "stranger.example").status == 502);
  CHECK(errors(weir, "target_certificate") >= 1);
  CHECK(times_logged(weir, "target group app: TLS with target " + nginx.second_address() +
                               " as 'stranger.example' failed (name_mismatch)") == 1);
  CHECK(all_healthy(weir));
}

TEST_CASE("nginx sees sessions that are resumed") {
  const Certificates certificates;
  certificates.issue("a", {.names = {"shop.example"}});
  for (const char* const version : {"TLSv1.2", "TLSv1.3"}) {
    CAPTURE(version);
    const Nginx nginx =
        tls_nginx(certificates, "a",
                  fmt::format("ssl_protocols {}; ssl_session_cache builtin; keepalive_timeout 0;", version));
    Daemon weir(group_of(nginx.second_address(), trusting(certificates)));
    CHECK(has(ask_for(weir, "shop.example").body, "shop.example . "));
    CHECK(has(ask_for(weir, "shop.example").body, "shop.example r "));
  }
}

TEST_CASE("what of TLS fails is in the evidence of checks, and in the answer's reason") {
  struct Row {
    const char* what;
    CertificateSpec spec;
    bool stranger;
    std::string evidence;
  };
  const Row rows[] = {
      {"another name", {.names = {"other.example"}}, false, "the certificate is not for shop.example"},
      {"expired",
       {.names = {"shop.example"},
        .not_before = -std::chrono::hours(48),
        .not_after = -std::chrono::hours(1)},
       false,
       "the certificate has expired"},
      {"another authority", {.names = {"shop.example"}}, true, "nobody who is trusted vouches"},
  };
  const Certificates certificates, strangers;
  for (const Row& row : rows) {
    INFO(row.what);
    (row.stranger ? strangers : certificates).issue("a", row.spec);
    const Nginx nginx = tls_nginx(row.stranger ? strangers : certificates, "a");
    Daemon weir(group_of(nginx.second_address(), trusting(certificates)));
    CHECK(ask_for(weir, "shop.example").status == 502);
    CHECK(eventually([&] { return has(last_detail(weir), row.evidence); }));
    CHECK(errors(weir, "target_certificate") >= 1);
  }
}

TEST_CASE("nginx asks for weir's certificate and gets it") {
  const Certificates certificates;
  certificates.issue("a", {.names = {"shop.example"}});
  certificates.issue("weir", {.names = {"weir.example"}, .client = true});
  const std::string asks = fmt::format("ssl_client_certificate {}; ssl_verify_client on; ssl_verify_depth 3;",
                                       certificates.path("root.pem"));
  const Nginx nginx = tls_nginx(certificates, "a", asks);
  const std::string own =
      fmt::format("cert: \"{}\", key: \"{}\"", certificates.path("weir.pem"), certificates.path("weir.key"));
  Daemon weir(group_of(nginx.second_address(), trusting(certificates, own)));
  CHECK(has(ask_for(weir, "shop.example").body, " CN=weir.example "));
  Daemon without(group_of(nginx.second_address(), trusting(certificates)));
  CHECK(ask_for(without, "shop.example").status == 400);  // nginx says so over HTTP
}

TEST_CASE("nginx hears who the client is from the PROXY header, and checks pass") {
  const Certificates certificates;
  certificates.issue("a", {.names = {"shop.example"}});
  const Nginx nginx = tls_nginx(certificates, "a", "", "ssl proxy_protocol");
  for (const char* const version : {"v1", "v2"}) {
    CAPTURE(version);
    Daemon weir(group_of(nginx.second_address(), trusting(certificates),
                         fmt::format("    proxy_protocol: {}\n", version)));
    CHECK(eventually([&] { return all_healthy(weir); }));
    CHECK(has(ask_for(weir, "shop.example").body, " 127.0.0.1 HTTP/1.1"));
  }
}

TEST_CASE("a weir is the target of another, which tells it of the client's TLS") {
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a", {.names = {"shop.example", "localhost"}});
  Daemon inner(
      https_to(backend.address(), certificates_of(certificates.item("a")), "    proxy_protocol: accept\n"));
  std::string outer_file = group_of(inner.address(), trusting(certificates), "    proxy_protocol: v2\n");
  const std::string bind = "bind: \"127.0.0.1:0\",";
  outer_file.replace(outer_file.find(bind), bind.size(),
                     bind + " protocol: https, tls: { certificates: [" + certificates.item("a") + "] },");
  Daemon outer(outer_file);
  TlsClient client(outer.address(), {.authority = certificates.authority()});
  const Answer answer = client.get("/head", "Host: shop.example\r\n");
  CHECK(answer.status == 200);
  CHECK(has(answer.body, "X-Forwarded-For: 127.0.0.1"));
  Json line;  // beside those of the checks
  CHECK(eventually([&] {
    for (const Json& one : inner.access_log(1)) {
      if (has(one["url"].get<std::string>(), "/head")) line = one;
    }
    return !line.is_null();
  }));
  CHECK(line["server_name"] == "shop.example");
  CHECK(line["proxied_server_name"] == "localhost");
}

TEST_CASE("when the authorities' file changes, it counts for new connections; a bad one is refused") {
  const Certificates certificates, others;
  certificates.issue("a", {.names = {"shop.example"}});
  certificates.write("ca.pem", others.authority());
  const Nginx nginx = tls_nginx(certificates, "a");
  Daemon weir(group_of(nginx.second_address(), fmt::format("ca: \"{}\"", certificates.path("ca.pem"))));
  CHECK(ask_for(weir, "shop.example").status == 502);
  certificates.write("ca.pem", certificates.authority());
  CHECK(eventually([&] { return ask_for(weir, "shop.example").status == 200; }));
  certificates.write("ca.pem", "nothing of use\n");
  CHECK(eventually([&] { return metric(weir, "weir_config_reloads_total{result=\"refused\"}") >= 1; }));
  CHECK(ask_for(weir, "shop.example").status == 200);
}

TEST_CASE("weir check names a file of TLS with targets that is of no use") {
  const Certificates certificates;
  const std::string file = certificates.write(
      "weir.yaml", group_of("127.0.0.1:1", fmt::format("ca: \"{}\"", certificates.path("none.pem"))));
  const Finished checked = run_weir({"check", "-c", file});
  CHECK(checked.code == 1);
  CHECK(has(checked.out, "target_groups.app.tls.ca: cannot read '" + certificates.path("none.pem") + "'"));
}

TEST_CASE(
    "the metrics tell when a certificate that targets are shown expires, and weir check names one that has") {
  const Certificates certificates;
  certificates.issue("client", {.names = {"weir.client"}, .not_after = std::chrono::hours(24 * 20)});
  const std::string tls =
      trusting(certificates, fmt::format("cert: \"{}\", key: \"{}\"", certificates.path("client.pem"),
                                         certificates.path("client.key")));
  std::string yaml = group_of("127.0.0.1:1", tls);
  yaml.insert(yaml.find("workers: 1"), "watch: off, ");
  const std::string series = "weir_tls_certificate_expiry_timestamp_seconds{subject=\"CN=weir.client\"}";
  Daemon weir(yaml);
  const double first = metric(weir, series);
  CHECK(first > 0);
  certificates.issue("client", {.names = {"weir.client"}, .not_after = std::chrono::hours(24 * 40)});
  REQUIRE(applied(weir)["result"] == "applied");
  CHECK(metric(weir, series) > first + 19 * 24 * 3600);

  certificates.issue("client", {.names = {"weir.client"}, .not_after = -std::chrono::hours(1)});
  const Finished said = run_weir({"check", "-c", certificates.write("weir.yaml", yaml)});
  INFO(said.out, said.err);
  CHECK(said.code == 1);
  CHECK(has(said.out + said.err, ": error: target_groups.app.tls.cert: "));
  CHECK(has(said.out + said.err, "the certificate 'CN=weir.client' expired at 20"));
}
