#include "lb/admin/handler.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/admin/request.h"

using weir::admin::Gate;
using weir::admin::handle;
using weir::admin::Phase;
using weir::admin::Response;
using weir::admin::State;
using namespace std::chrono_literals;
using nlohmann::json;
using weir::base::SocketAddress;
using weir::base::WallTime;
using weir::http::Method;
namespace model = weir::model;
namespace observe = weir::observe;

namespace {

constexpr std::string_view kErrors[] = {"connect_refused"};
constexpr std::string_view kResults[] = {"full", "resumed", "no_shared_cipher", "timeout"};
constexpr std::string_view kVersions[] = {"TLSv1.2", "TLSv1.3", ""};
constexpr observe::Vocabulary kWords{kErrors, {}, {}, kErrors, kErrors, {}, kResults, kVersions};
constexpr WallTime kStart{std::chrono::seconds(1'700'000'000)};

// A daemon with one listener and one target.
struct ServingDaemon {
  observe::Registry registry{kWords};
  State state;
  Gate gate{SocketAddress::parse("127.0.0.1:9900").value(), ""};

  ServingDaemon() {
    auto snapshot = std::make_shared<model::Snapshot>();
    snapshot->listeners.resize(1);
    snapshot->listeners[0].name = "web";
    snapshot->target_groups.resize(1);
    model::TargetGroup& group = snapshot->target_groups[0];
    group.name = "app";
    group.algorithm = model::Algorithm::round_robin;
    group.targets.resize(1);
    group.targets[0].address = SocketAddress::parse("10.0.0.1:80").value();
    group.targets[0].id = "app-1";
    group.targets[0].zone = "az-1";
    state.registry = &registry;
    state.snapshot = snapshot;
    state.build = {"0.1.0", "abc123", "gcc"};
    state.pid = 42;
    state.workers = 2;
    state.started = kStart;
    state.phase = Phase::running;
    state.listeners = {{"web", {SocketAddress::parse("0.0.0.0:8080").value()}}};
    state.config_file = "/etc/weir/weir.yaml";
    state.config_hash = "f00d";
    state.config_json = "{\"process\":{}}\n";
    state.config_loaded = kStart;
  }

  Response ask(Method method, const std::string& target, const std::string& host = "127.0.0.1:9900") const {
    const auto head = request_head(method, target, host);
    Response response = handle({head, {}}, state, gate, kStart + 90s);
    while (response.source != nullptr && response.source->ends()) {
      const auto piece = response.source->next({});
      if (!piece) break;
      response.body += *piece;
    }
    return response;
  }
};

std::string field(const Response& response, const std::string& name) {
  for (const auto& [key, value] : response.fields) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace

TEST_CASE("every endpoint answers GET and HEAD with its kind of content, never to be cached") {
  const ServingDaemon daemon;
  struct Row {
    const char* target;
    const char* content_type;
  };
  for (const Row& row :
       {Row{"/metrics", "text/plain; version=0.0.4; charset=utf-8"},
        Row{"/livez", "text/plain; charset=utf-8"}, Row{"/readyz", "text/plain; charset=utf-8"},
        Row{"/api/v1/status", "application/json"}, Row{"/api/v1/config", "application/json"},
        Row{"/livez?verbose=1", "text/plain; charset=utf-8"}}) {
    CAPTURE(row.target);
    for (const Method method : {Method::get, Method::head}) {
      const Response response = daemon.ask(method, row.target);
      CHECK(response.status == 200);
      CHECK(response.content_type == row.content_type);
      CHECK(!response.body.empty());
      CHECK(field(response, "Cache-Control") == "no-store");
      CHECK(field(response, "X-Content-Type-Options") == "nosniff");
    }
  }
}

TEST_CASE("what is not there is 404, what cannot be done with it is 405 with what can") {
  const ServingDaemon daemon;
  for (const char* target :
       {"/index.html", "/metrics/", "/api/v1/statu", "/api/v1/status/x", "*", "//livez", "/livez%20"}) {
    CAPTURE(target);
    CHECK(daemon.ask(Method::get, target).status == 404);
    CHECK(daemon.ask(Method::post, target).status == 404);
  }
  for (const Method method :
       {Method::post, Method::put, Method::delete_, Method::options, Method::trace, Method::other}) {
    const Response response = daemon.ask(method, "/api/v1/status");
    CHECK(response.status == 405);
    CHECK(field(response, "Allow") == "GET, HEAD");
  }
}

TEST_CASE("an error is a problem document") {
  const Response response = ServingDaemon().ask(Method::get, "/nothing");
  CHECK(response.content_type == "application/problem+json");
  const json document = json::parse(response.body);
  CHECK(document["title"] == "Not Found");
  CHECK(document["status"] == 404);
  CHECK(document["detail"].is_string());
}

TEST_CASE("the gate stands before everything, even before what is not there") {
  ServingDaemon daemon;
  CHECK(daemon.ask(Method::get, "/api/v1/status", "evil.example").status == 403);
  CHECK(daemon.ask(Method::get, "/nothing", "evil.example").status == 403);
  CHECK(daemon.ask(Method::get, "/livez", "evil.example").status == 403);
  daemon.gate = Gate(SocketAddress::parse("10.0.0.1:9900").value(), "12345678");
  CHECK(daemon.ask(Method::get, "/nothing").status == 401);
  CHECK(daemon.ask(Method::get, "/metrics").status == 401);
  CHECK(daemon.ask(Method::get, "/livez").status == 200);
}

TEST_CASE("ready means running with a target to send to") {
  ServingDaemon daemon;
  CHECK(daemon.ask(Method::get, "/readyz").body == "ok\n");
  for (const Phase phase : {Phase::starting, Phase::stopping}) {
    daemon.state.phase = phase;
    CHECK(daemon.ask(Method::get, "/readyz").status == 503);
    CHECK(daemon.ask(Method::get, "/livez").status == 200);
  }
  daemon.state.phase = Phase::running;
  auto snapshot = std::make_shared<model::Snapshot>(*daemon.state.snapshot);
  snapshot->target_groups[0].targets[0].weight = 0;
  daemon.state.snapshot = snapshot;
  CHECK(daemon.ask(Method::get, "/readyz").status == 503);
}

TEST_CASE("the configuration is shown as it was handed over") {
  CHECK(ServingDaemon().ask(Method::get, "/api/v1/config").body == "{\"process\":{}}\n");
}

TEST_CASE("the status tells what the daemon is and runs") {
  const ServingDaemon daemon;
  const json status = json::parse(daemon.ask(Method::get, "/api/v1/status").body);
  CHECK(status["version"] == "0.1.0");
  CHECK(status["commit"] == "abc123");
  CHECK(status["pid"] == 42);
  CHECK(status["state"] == "running");
  CHECK(status["started_at"] == "2023-11-14T22:13:20Z");
  CHECK(status["uptime_seconds"] == 90);
  CHECK(status["workers"] == 2);
  CHECK(status["config"]["file"] == "/etc/weir/weir.yaml");
  CHECK(status["config"]["hash"] == "f00d");
  CHECK(status["config"]["loaded_at"] == "2023-11-14T22:13:20Z");
  CHECK(status["config"]["last_reload_succeeded"] == true);
  CHECK(status["process"]["resident_bytes"] > 1'000'000);
  CHECK(status["access_log_dropped"] == 0);
}

TEST_CASE("the status counts what listeners and targets did, and starts from nothing") {
  ServingDaemon daemon;
  const json before = json::parse(daemon.ask(Method::get, "/api/v1/status").body);
  CHECK(before["listeners"][0]["requests"] == 0);
  CHECK(before["target_groups"][0]["targets"][0]["requests"] == 0);

  const auto listener = daemon.registry.listener(0, "web");
  listener->connection_opened(observe::ClientProtocol::http1);
  listener->requests.add(200);
  listener->requests.add(503);
  listener->received_bytes.add(7);
  const auto target = daemon.registry.target(1, {"app", "az-1", "app-1"});
  target->count_status(500);
  target->outstanding.add(3);
  target->active_connections.add(2);
  target->connection_errors.add(0);
  const json status = json::parse(daemon.ask(Method::get, "/api/v1/status").body);
  CHECK(status["listeners"] == json::parse(R"([{"name":"web","state":"listening","binds":["0.0.0.0:8080"],
    "protocol":"http","http2":false,"proxy_protocol":false,"client_auth":null,"handshakes":null,"certificates":[],
    "connections":1,"connections_total":1,"connections_by_protocol":{"http/1.1":1,"h2":0},"websockets":0,"requests":2,"responses_5xx":1,"received_bytes":7,
    "sent_bytes":0}])"));
  CHECK(status["target_groups"] ==
        json::parse(R"([{"name":"app","algorithm":"round_robin","ready":true,"healthy":0,"counted":0,
    "can_serve":true,"fail_open":false,"other":null,"targets":[{"id":"app-1","address":"10.0.0.1:80","zone":"az-1","state":"","reason":"","weight":1,"requests":1,"responses_5xx":1,"outstanding":3,
    "connections":{"active":2,"idle":0},"connection_errors":1}]}])"));
}

TEST_CASE("the status of a listener with TLS has its handshakes, and its own certificates with their ends") {
  using namespace std::chrono;
  ServingDaemon daemon;
  daemon.state.listeners[0].protocol = model::Protocol::https;
  daemon.state.listeners[0].http2 = true;
  daemon.state.listeners[0].client_auth = model::ClientAuth::Mode::optional;
  const sys_seconds start = floor<seconds>(kStart);
  daemon.state.certificates = {
      {.listener = "web", .subject = "CN=a", .names = {"a", "*.a"}, .not_after = start + 100s},
      {.listener = "other", .subject = "CN=b", .names = {}, .not_after = start},
      {.listener = "web", .subject = "CN=c", .names = {}, .not_after = start + 60s},
      {.listener = "web", .subject = "CN=d", .names = {}, .not_after = sys_days(9999y / 12 / 31) + 86'399s}};
  const auto listener = daemon.registry.listener(0, "web");
  listener->tls_handshakes.add(0, 0);
  listener->tls_handshakes.add(0, 1);
  listener->tls_handshakes.add(1, 1);
  for (int i = 0; i < 3; ++i) listener->tls_handshakes.add(2, 2);
  listener->tls_handshakes.add(3, 2);
  listener->connection_opened(observe::ClientProtocol::http2);
  const json web = json::parse(daemon.ask(Method::get, "/api/v1/status").body)["listeners"][0];
  CHECK(web["protocol"] == "https");
  CHECK(web["http2"] == true);
  CHECK(web["client_auth"] == "optional");
  CHECK(web["connections_by_protocol"] == json::parse(R"({"http/1.1": 0, "h2": 1})"));
  CHECK(web["handshakes"] == json::parse(R"({"full": 2, "resumed": 1, "failed": 4})"));
  REQUIRE(web["certificates"].size() == 3);
  CHECK(web["certificates"][0] == json::parse(R"({"subject": "CN=a", "names": ["a", "*.a"],
    "expires": "2023-11-14T22:15:00Z", "expires_in_seconds": 10})"));
  CHECK(web["certificates"][1]["expires_in_seconds"] == -30);
  CHECK(web["certificates"][2]["expires"] == "9999-12-31T23:59:59Z");
  CHECK(web["certificates"][2]["expires_in_seconds"] > 200'000'000'000);
}

TEST_CASE("the metrics have the certificates of all listeners") {
  ServingDaemon daemon;
  daemon.state.certificates = {{.listener = "web",
                                .subject = "CN=a",
                                .names = {},
                                .not_after = std::chrono::sys_seconds(1'800'000'000s)}};
  CHECK(daemon.ask(Method::get, "/metrics").body.find("{subject=\"CN=a\"} 1800000000\n") !=
        std::string::npos);
}

TEST_CASE("the metrics tell the build and the configuration that the status tells") {
  const std::string text = ServingDaemon().ask(Method::get, "/metrics").body;
  for (const char* line : {R"(weir_build_info{version="0.1.0",commit="abc123",compiler="gcc"} 1)",
                           R"(weir_config_info{hash="f00d"} 1)", "weir_config_last_reload_success 1",
                           "weir_config_last_reload_timestamp_seconds 1700000000"}) {
    CAPTURE(line);
    CHECK(text.find(std::string(line) + "\n") != std::string::npos);
  }
}
