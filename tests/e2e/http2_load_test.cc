// HTTP/2 under load, and what may happen meanwhile: nobody notices.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <thread>

#include "tests/e2e/http2_scene.h"
#include "tests/e2e/reload_scene.h"
#include "tests/e2e/tls_scene.h"
#include "tests/e2e/upgrade.h"
#include "tests/support/backend.h"

using namespace weir::e2e;
namespace http = weir::http;

namespace {

// A site in the clear and one with TLS, of the same targets.
std::string two_sites(const Backend& backend, const Certificates& certificates,
                      const std::string& more = {}) {
  return fmt::format(
      "process: {{ workers: 2, shutdown_grace: 20s, upgrade_grace: 1m, watch: off }}\n"
      "log: {{ access: {{ output: off }} }}\n"
      "listeners:\n"
      "  web: {{ bind: 127.0.0.1:0, http2: on, forward: app }}\n"
      "  secure:\n"
      "    bind: 127.0.0.1:0\n"
      "    protocol: https\n"
      "    tls: {{ {} }}\n"
      "    forward: app\n{}"
      "target_groups:\n"
      "  app: {{ targets: [\"{}\"] }}\n",
      certificates_of(certificates.item("site")), more, backend.address());
}

// curl, again and again, with many requests at once. Each is answered, unless nobody listens any more.
class Curls {
 public:
  Curls(std::string url, std::string authority) : url_(std::move(url)), authority_(std::move(authority)) {}

  int answered() const { return answered_; }
  bool unheard() const { return unheard_; }
  std::vector<std::string> stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    return problems_;
  }

 private:
  void run_all(const std::stop_token& stop) {
    while (!stop.stop_requested() && !unheard_) {
      const Finished curl =
          run({"curl", "-s", "--http2", "--cacert", authority_, "--parallel", "--parallel-max", "8", "-o",
               "/dev/null", "-w", "%{exitcode} %{http_version} %{http_code}\n", url_ + "/delay/5?[1-200]"});
      for (const std::string& line : lines_of(curl.out)) take(line);
    }
  }
  void take(const std::string& line) {
    if (line == "0 2 200") {
      ++answered_;
    } else if (line.starts_with("7 ")) {  // cannot connect
      unheard_ = true;
    } else {
      problems_.push_back(line);
    }
  }

  const std::string url_, authority_;
  std::atomic<int> answered_{0};
  std::atomic<bool> unheard_{false};
  std::vector<std::string> problems_;
  std::jthread thread_{[this](const std::stop_token& stop) { run_all(stop); }};
};

// Clients of both sites.
class Clients {
 public:
  Clients(const Daemon& weir, const Certificates& certificates)
      : clear_(weir.address("web"), {"/name", "/delay/3", "/bytes/300000"}, 4, 8),
        secure_(fmt::format("https://localhost:{}", port_of(weir.address("secure"))),
                certificates.path("root.pem")) {
    CHECK(goes_on());
  }

  // Everybody is answered, some more times.
  bool goes_on() {
    const int clear = clear_.answered(), secure = secure_.answered();
    return eventually([&] {
      return (clear_.unheard() || clear_.answered() > clear + 100) &&
             (secure_.unheard() || secure_.answered() > secure + 100);
    });
  }
  bool unheard() const { return clear_.unheard() && secure_.unheard(); }
  Http2Traffic& clear() { return clear_; }
  void check_unharmed() {
    for (const std::string& problem : clear_.stop()) FAIL_CHECK("in the clear: " << problem);
    for (const std::string& problem : secure_.stop()) FAIL_CHECK("over TLS: " << problem);
    MESSAGE(clear_.answered() << " and " << secure_.answered() << " answered");
  }

 private:
  static std::string port_of(const std::string& address) { return address.substr(address.rfind(':') + 1); }

  Http2Traffic clear_;
  Curls secure_;
};

}  // namespace

TEST_CASE("h2load with many streams sees no error") {
  const Certificates certificates;
  certificates.issue("site");
  const Backend backend;
  Daemon weir(two_sites(backend, certificates));
  std::string url;
  SUBCASE("in the clear") { url = "http://" + weir.address("web"); }
  SUBCASE("over TLS") { url = "https://" + weir.address("secure"); }
  const Finished h2load = run({"h2load", "-c", "4", "-m", "32", "-n", "4000", url + "/name"});
  INFO(h2load.out << h2load.err);
  CHECK(h2load.code == 0);
  CHECK(
      has(h2load.out, "requests: 4000 total, 4000 started, 4000 done, 4000 succeeded, 0 failed, 0 errored"));
  CHECK(has(h2load.out, "status codes: 4000 2xx"));
  CHECK(Metrics(weir).sum("weir_connections_total", {"protocol=\"h2\""}) == 4);
}

TEST_CASE("h2load with large responses and uploads sees no error") {
  const Backend backend;
  Daemon weir("log: { access: { output: off } }\n" + http2_to(backend.address()));
  const TemporaryDirectory files;
  const std::string upload = files.write("upload", pattern(0, 300'000));
  const std::string url = "http://" + weir.address();
  std::vector<std::string> arguments{"h2load", "-c", "4", "-m", "8", "-n", "200"};
  SUBCASE("down") { arguments.push_back(url + "/bytes/500000"); }
  SUBCASE("up") { arguments.insert(arguments.end(), {"-d", upload, url + "/count"}); }
  const Finished h2load = run(std::move(arguments));
  INFO(h2load.out << h2load.err);
  CHECK(has(h2load.out, "200 succeeded, 0 failed, 0 errored"));
  CHECK(has(h2load.out, "status codes: 200 2xx"));
}

TEST_CASE("reloads under load over HTTP/2 are not noticed") {
  const Certificates certificates;
  certificates.issue("site");
  const Backend backend;
  Daemon weir(two_sites(backend, certificates));
  Clients clients(weir, certificates);
  for (int i = 0; i < 5; ++i) {
    edit(weir, two_sites(backend, certificates,
                         fmt::format("  more: {{ bind: 127.0.0.1:0, respond: {{ body: \"{}\" }} }}\n", i)));
    REQUIRE(applied(weir)["result"] == "applied");
    CHECK(clients.goes_on());
  }
  CHECK(clients.clear().goaways() == 0);
  clients.check_unharmed();
}

TEST_CASE("SIGTERM under load over HTTP/2: no stream fails") {
  const Certificates certificates;
  certificates.issue("site");
  const Backend backend;
  Daemon weir(two_sites(backend, certificates));
  Clients clients(weir, certificates);
  weir.process().signal(SIGTERM);
  CHECK(eventually([&] { return clients.unheard(); }));
  clients.check_unharmed();
  CHECK(clients.clear().goaways() >= 4);
  CHECK(weir.process().wait() == 0);
}

TEST_CASE("a reload that takes a listener away under load over HTTP/2: no stream fails") {
  const Certificates certificates;
  certificates.issue("site");
  const Backend backend;
  Daemon weir(two_sites(backend, certificates));
  Clients clients(weir, certificates);
  edit(weir,
       "process: { workers: 2, shutdown_grace: 20s, upgrade_grace: 1m, watch: off }\n"
       "log: { access: { output: off } }\n"
       "listeners: { other: { bind: \"unix:{dir}/other.sock\", forward: app } }\n"
       "target_groups: { app: { targets: [\"" +
           backend.address() + "\"] } }\n");
  REQUIRE(applied(weir)["result"] == "applied");
  CHECK(eventually([&] { return clients.unheard(); }));
  clients.check_unharmed();
  CHECK(clients.clear().goaways() >= 4);
}

TEST_CASE("upgrades under load over HTTP/2: no stream fails") {
  const Certificates certificates;
  certificates.issue("site");
  const Backend backend;
  Upgrades upgrades(two_sites(backend, certificates));
  Clients clients(upgrades.weir(), certificates);
  for (int i = 0; i < 3; ++i) {
    upgrades.upgrade();
    CHECK(clients.goes_on());
  }
  clients.check_unharmed();
  CHECK(clients.clear().goaways() >= 4);
  CHECK(eventually([&] { return upgrades.old_processes() == 0; }));
}

TEST_CASE("nghttp sees both GOAWAY of a stop, and its answer after them") {
  Backend backend;
  Daemon weir(http2_to(backend.address()));
  Process nghttp({.arguments = {"stdbuf", "-oL", "nghttp", "-v", "http://" + weir.address() + "/held"}});
  REQUIRE(eventually([&] { return backend.requests() == 1; }));
  weir.process().signal(SIGTERM);
  CHECK(eventually([&] { return count_of(nghttp.out(), "recv GOAWAY frame") == 2; }));
  CHECK(has(nghttp.out(), "last_stream_id=2147483647, error_code=NO_ERROR(0x00)"));
  backend.release();
  CHECK(nghttp.wait() == 0);
  const std::string said = nghttp.out();
  INFO(said);
  CHECK(has(said, ":status: 200"));
  CHECK(said.rfind("recv GOAWAY frame") < said.find(":status: 200"));
  CHECK(weir.process().wait() == 0);
}

TEST_CASE("streams that a client opens before it knows of a stop are served, and those after it refused") {
  Backend backend;
  Daemon weir("process: { shutdown_grace: 20s }\n" + http2_to(backend.address()));
  Http2Client client(weir.address());
  const std::uint32_t before = client.get("/held");
  REQUIRE(client.settle());
  REQUIRE(eventually([&] { return backend.requests() == 1; }));
  weir.process().signal(SIGTERM);
  REQUIRE(eventually([&] { return !client.frames().bytes().waiting().empty(); }));
  const std::uint32_t meanwhile = client.get("/name");  // it has not read the GOAWAY yet
  CHECK(client.answer(meanwhile).body == "backend");
  REQUIRE(client.until([&] { return client.goaways().size() == 2; }));
  CHECK(client.goaways()[1].last_stream == meanwhile);
  client.get("/name");  // against the rules
  CHECK(client.settle());
  backend.release();
  CHECK(client.answer(before).status == 200);
  CHECK(client.closes());
  client.leave();
  CHECK(weir.process().wait() == 0);
  CHECK(backend.requests() == 2);
}
