// The load generator over TLS and HTTP/2: how many connections and handshakes it makes, and what it says of
// servers that do not speak either.
#include <doctest/doctest.h>

#include "tests/e2e/bench.h"
#include "tests/e2e/nginx.h"
#include "tests/e2e/tls_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

// A site over HTTPS, with one worker.
class Site {
 public:
  explicit Site(const std::string& settings = {})
      : weir_("process: { workers: 1, watch: off }\n" +
              https_to(backend_.address(), certificates_of(item()), settings)) {}

  std::string url() const { return "https://" + weir_.address() + "/name"; }
  const Daemon& weir() const { return weir_; }

 private:
  std::string item() {
    certificates_.issue("a");
    return certificates_.item("a");
  }

  Backend backend_;
  Certificates certificates_;
  Daemon weir_;
};

// A run of half a second without a warm-up; its report.
Json short_load(std::vector<std::string> arguments, int code = 0) {
  arguments.insert(arguments.end(), {"-d", "500ms", "--warmup", "0s"});
  return load(std::move(arguments), code);
}

void check_clean(const Json& report) {
  CAPTURE(report.dump());
  CHECK(report["requests"] > 0);
  CHECK(report["failed"] == 0);
  CHECK(report["statuses"]["200"] == report["requests"]);
}

}  // namespace

TEST_CASE("HTTPS is spoken over connections that are kept") {
  const Site site;
  const Json report = short_load({site.url(), "-c", "4"});
  check_clean(report);
  CHECK(report["protocol"] == "http/1.1");
  CHECK(handshakes(site.weir(), "full") == 4);
}

TEST_CASE("with HTTP/2 many users share a connection, over TLS and without") {
  const Site site;
  const Json report = short_load({site.url(), "--http2", "-c", "2", "--streams", "16"});
  check_clean(report);
  CHECK(report["protocol"] == "h2");
  CHECK(handshakes(site.weir(), "full") == 2);

  const Backend backend;
  const Daemon clear(web_to(backend.address(), "    http2: on\n"));
  check_clean(short_load({"http://" + clear.address() + "/name", "--http2", "-c", "2", "--streams", "16",
                          "--rate", "200", "--body", "100"}));
}

TEST_CASE("more users than the server allows streams wait for each other") {
  const Site site("    http2: { streams: 4 }\n");
  const Json report = short_load({site.url(), "--http2", "-c", "1", "--streams", "20", "--rate", "400"});
  check_clean(report);
  CHECK(report["requests"] == 200);
}

TEST_CASE("each handshake is a full one, unless sessions are to be resumed") {
  const Site site;
  const Json full = short_load({site.url(), "-c", "2", "--close"});
  check_clean(full);
  CHECK(handshakes(site.weir(), "full") >= full["requests"].get<double>());
  CHECK(handshakes(site.weir(), "resumed") == 0);
  const double before = handshakes(site.weir(), "full");
  check_clean(short_load({site.url(), "-c", "2", "--close", "--resume"}));
  CHECK(handshakes(site.weir(), "full") <= before + 2);
  CHECK(handshakes(site.weir(), "resumed") > 0);
}

TEST_CASE("a server that speaks no TLS, or no HTTP/2 with it, is named as one") {
  const BenchBackend clear({});
  const Json no_tls = short_load({"https://" + clear.address() + "/", "-c", "2", "--timeout", "200ms"}, 1);
  CHECK(no_tls["requests"] == 0);
  CHECK(no_tls["errors"]["target_tls"] > 0);

  const Site old("    http2: off\n");
  const Json no_http2 = short_load({old.url(), "--http2", "-c", "2", "--streams", "2"}, 1);
  CHECK(no_http2["requests"] == 0);
  CHECK(no_http2["errors"]["target_tls"] > 0);
}

TEST_CASE("a server that lets a connection of HTTP/2 go after some requests is asked over the next one") {
  const Nginx nginx("http2", "keepalive_requests 50; location / { return 200 ok; }");
  const std::string url = "http://" + nginx.second_address() + "/";
  const Json report = short_load({url, "--http2", "-c", "2", "--streams", "8"});
  CHECK(report["requests"] > 200);
}
