#include "lb/admin/live_source.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "lb/admin/handler.h"
#include "lb/admin/live_reader.h"
#include "lb/admin/status.h"
#include "tests/unit/admin/fake_operations.h"
#include "tests/unit/admin/request.h"

using weir::admin::Gate;
using weir::admin::handle;
using weir::admin::live_facts;
using weir::admin::live_text;
using weir::admin::LiveFeed;
using weir::admin::LiveSource;
using weir::admin::Phase;
using weir::admin::read_live;
using weir::admin::Response;
using weir::admin::State;
using weir::admin::status_json;
using weir::base::Instant;
using weir::base::SocketAddress;
using namespace std::chrono_literals;
using nlohmann::json;
namespace observe = weir::observe;

namespace {

constexpr std::string_view kLiveErrors[] = {"connect_refused", "header_timeout"};
constexpr std::string_view kLiveResults[] = {"full", "resumed", "plain_http"};
constexpr std::string_view kLiveVersions[] = {"TLSv1.3", ""};
constexpr std::string_view kLiveEnders[] = {"target", "weir", "client"};
constexpr observe::Vocabulary kLiveWords{.errors = kLiveErrors,
                                         .desync_classes = {},
                                         .desync_reasons = {},
                                         .connection_errors = kLiveErrors,
                                         .retries = kLiveErrors,
                                         .tls_results = kLiveResults,
                                         .tls_versions = kLiveVersions,
                                         .grpc_enders = kLiveEnders};

struct LiveDaemon {
  FakeOperations operations;
  observe::Registry registry{kLiveWords};
  State state;
  Instant now{1h};
  int written = 0;
  bool full = false;  // nothing can be written
  bool slow = false;  // a document waits for later()
  std::move_only_function<void()> later;

  LiveDaemon() {
    state.registry = &registry;
    state.operations = &operations;
    state.snapshot = std::make_shared<const weir::model::Snapshot>();
    state.live = std::make_shared<LiveFeed>([this](auto work, auto done) {
      if (full) return false;
      ++written;
      later = [this, work = std::move(work), done = std::move(done)]() mutable { done(work(), now); };
      if (!slow) later();
      return true;
    });
    state.phase = Phase::running;
    state.listeners = {{"web", {SocketAddress::parse("0.0.0.0:8080").value()}}};
    state.build = {"0.1.0", "abc123", "gcc"};
    state.config_hash = "f00d";
  }
  std::optional<std::string> next(LiveSource& source, Instant at) {
    now = at;
    return source.next(at);
  }
  json document() const { return json::parse(live_text(live_facts(state, {now, operations.now}))); }
};

// The members of a row by their names.
json target_of(const json& document, std::size_t number) {
  json target;
  const json& row = document["target_groups"][0]["targets"][number];
  REQUIRE(row.size() == document["target_columns"].size());
  for (std::size_t i = 0; i < row.size(); ++i) target[document["target_columns"][i]] = row[i];
  return target;
}

}  // namespace

TEST_CASE("the live document tells what each listener did, and what of the errors is weir's own") {
  LiveDaemon daemon;
  const auto web = daemon.registry.listener(0, "web");
  for (const unsigned status : {200U, 200U, 301U, 404U, 502U, 503U, 408U}) web->requests.add(status);
  web->errors.add(0);
  web->errors.add(1);
  web->connection_opened(observe::ClientProtocol::http1);
  web->websockets.add();
  web->received_bytes.add(10);
  web->sent_bytes.add(20);
  daemon.registry.rule(0, "web", "api")->requests.add(5);
  daemon.registry.route(0, "web", "app")->duration.observe(200us);
  const json document = daemon.document();
  CHECK(document["version"] == "0.1.0");
  CHECK(document["config"]["hash"] == "f00d");
  CHECK(document["clock"] == 3600);
  CHECK(document["at"] == 1'700'000'000);
  CHECK(document["listeners"] ==
        json::parse(R"([{"name": "web", "protocol": "http", "http2": false, "proxy_protocol": false,
    "client_auth": null, "handshakes": null, "certificate": null, "binds": ["0.0.0.0:8080"], "responses": [0, 2, 1, 2, 2],
    "errors": {"connect_refused": 1, "header_timeout": 1}, "own_5xx": 1, "connections": 1, "websockets": 1,
    "received_bytes": 10, "sent_bytes": 20}])"));
  CHECK(document["rules"] == json::parse(R"([["web", "api", 5]])"));
  CHECK(document["routes"] == json::parse(R"([["web", "app", [0, 1], {}]])"));
  CHECK(document["bounds_seconds"].size() == observe::LatencyBuckets::usual()->bounds().size());
  CHECK(document["bounds_seconds"][0] == 0.0001);
  CHECK(document["bounds_seconds"].back() == 60);
}

TEST_CASE("the live document tells of TLS, with the certificate of each listener that expires first") {
  using namespace std::chrono;
  LiveDaemon daemon;
  weir::admin::BoundListener& web = daemon.state.listeners[0];
  web.protocol = weir::model::Protocol::https;
  web.http2 = web.proxy_protocol = true;
  web.client_auth = weir::model::ClientAuth::Mode::required;
  daemon.state.certificates = {
      {.listener = "web", .subject = "CN=late", .names = {}, .not_after = sys_seconds(1'800'000'000s)},
      {.listener = "web", .subject = "CN=soon", .names = {}, .not_after = sys_seconds(1'700'000'500s)},
      {.listener = "other", .subject = "CN=gone", .names = {}, .not_after = sys_seconds(1s)}};
  const auto counters = daemon.registry.listener(0, "web");
  counters->tls_handshakes.add(0, 0);
  for (int i = 0; i < 3; ++i) counters->tls_handshakes.add(1, 0);
  counters->tls_handshakes.add(2, 1);
  const json document = daemon.document();
  const json& listener = document["listeners"][0];
  CHECK(listener["protocol"] == "https");
  CHECK(listener["http2"] == true);
  CHECK(listener["proxy_protocol"] == true);
  CHECK(listener["client_auth"] == "required");
  CHECK(listener["handshakes"] == json::parse(R"({"full": 1, "resumed": 3, "failed": 1})"));
  CHECK(listener["certificate"] == json::parse(R"({"subject": "CN=soon", "expires": 1700000500})"));
  const auto read = read_live(document.dump());
  REQUIRE(read);
  CHECK(read->listeners[0].protocol == "https");
  CHECK(read->listeners[0].http2);
  CHECK(read->listeners[0].failed_handshakes == 1);
  REQUIRE(read->listeners[0].certificate);
  CHECK(read->listeners[0].certificate->subject == "CN=soon");
  CHECK(read->listeners[0].certificate->expires == 1'700'000'500);
}

TEST_CASE("the live document of an older weir, which tells nothing of TLS, is read all the same") {
  json document = LiveDaemon().document();
  for (const char* const name : {"protocol", "http2", "handshakes", "certificate"})
    document["listeners"][0].erase(name);
  const auto read = read_live(document.dump());
  REQUIRE(read);
  CHECK(read->listeners[0].protocol == "http");
  CHECK_FALSE(read->listeners[0].certificate);
}

TEST_CASE(
    "the live document tells which calls of gRPC failed with no 5xx, and that of an older weir does not") {
  LiveDaemon daemon;
  const auto route = daemon.registry.route(0, "web", "app");
  route->grpc_failures.add(0);
  route->grpc_failures.add(0);
  route->grpc_failures.add(1);
  json document = daemon.document();
  CHECK(document["routes"] == json::parse(R"([["web", "app", [], {"target": 2, "weir": 1}]])"));
  const auto read = read_live(document.dump());
  REQUIRE(read);
  CHECK(read->routes[0].grpc_failures.by_target == 2);
  CHECK(read->routes[0].grpc_failures.by_weir == 1);
  document["routes"][0].erase(3);
  const auto older = read_live(document.dump());
  REQUIRE(older);
  CHECK(older->routes[0].grpc_failures.by_target == 0);
}

TEST_CASE("rules stand in the live document as they are asked, and behind them those that are gone") {
  LiveDaemon daemon;
  weir::model::Snapshot snapshot;
  weir::model::Listener& web = snapshot.listeners.emplace_back();
  web.name = "web";
  for (const char* const name : {"static", "api"}) web.rules.emplace_back().name = name;
  daemon.state.snapshot = std::make_shared<const weir::model::Snapshot>(std::move(snapshot));
  std::vector<std::shared_ptr<observe::RuleCounters>> counters;
  for (const char* const name : {"api", "default", "a-gone-one", "static"})
    counters.push_back(daemon.registry.rule(0, "web", name));
  CHECK(daemon.document()["rules"] ==
        json::parse(
            R"([["web", "static", 0], ["web", "api", 0], ["web", "default", 0], ["web", "a-gone-one", 0]])"));
}

TEST_CASE("the live document has the bounds of the buckets that are counted in") {
  LiveDaemon daemon;
  const observe::LatencyBounds bounds = {1'000'000, 2'500'000'000};
  observe::Registry registry(kLiveWords, observe::LatencyBuckets::make(bounds));
  daemon.state.registry = &registry;
  registry.route(0, "web", "app")->duration.observe(2s);
  const json document = daemon.document();
  CHECK(document["bounds_seconds"] == json::parse("[0.001, 2.5]"));
  CHECK(document["routes"] == json::parse(R"([["web", "app", [0, 1], {}]])"));
}

TEST_CASE("the live document has a row for each target") {
  LiveDaemon daemon;
  auto& target = daemon.operations.all[0].targets[0];
  target.state = "draining";
  target.reason = "Target.DeregistrationInProgress";
  target.until = daemon.operations.now + 1500ms;
  target.weight = 4;
  target.effective_weight = 0.25;
  target.outstanding = 3;
  target.zone_shifted = true;
  daemon.operations.zone_shifts = {
      {"az-1", "a \"drill\"", daemon.operations.now, daemon.operations.now + 60s}};
  const auto counters = daemon.registry.target(0, {"app", "az-1", "app-1"});
  counters->count_status(200);
  counters->count_status(503);
  counters->connection_errors.add(0);
  counters->response.observe(1ms);
  const json document = daemon.document();
  CHECK(document["target_groups"][0]["name"] == "app");
  CHECK(target_of(document, 0) ==
        json::parse(R"({"id": "app-1", "address": "10.0.0.1:80", "zone": "az-1", "owner": "file",
    "state": "draining", "reason": "Target.DeregistrationInProgress", "detail": "", "since": 1700000000,
    "until": 1700000001.5, "weight": 4, "part": 0.25, "max_requests": null, "outstanding": 3, "sessions": null,
    "zone_shifted": true, "requests": 2, "responses_5xx": 1, "connection_errors": 1, "buckets": [0, 0, 0, 1]})"));
  CHECK(document["zone_shifts"] ==
        json::parse(
            R"([{"zone": "az-1", "reason": "a \"drill\"", "since": 1700000000, "until": 1700000060}])"));
}

TEST_CASE(
    "targets that count together have no counters of their own, and their group has those of them all") {
  LiveDaemon daemon;
  auto& targets = daemon.operations.all[0].targets;
  for (const char* const id : {"app-2", "app-3"}) {
    targets.push_back(targets[0]);
    targets.back().id = id;
    targets.back().outstanding = 7;
  }
  CHECK(daemon.document()["target_groups"][0]["other"].is_null());
  CHECK(target_of(daemon.document(), 1)["requests"] == 0);
  const auto own = daemon.registry.target(0, {"app", "az-1", "app-1"});
  daemon.registry.set_max_series(0);
  const auto second = daemon.registry.target(0, {"app", "az-1", "app-2"});
  const auto third = daemon.registry.target(0, {"app", "az-2", "app-3"});
  targets[2].zone = "az-2";
  own->count_status(200);
  second->count_status(503);
  second->response.observe(1ms);
  third->count_status(200);
  third->connection_errors.add(0);
  third->response.observe(200us);
  const json document = daemon.document();
  CHECK(target_of(document, 0)["requests"] == 1);
  for (const std::size_t number : {1U, 2U}) {
    const json target = target_of(document, number);
    for (const char* const column : {"requests", "responses_5xx", "connection_errors", "buckets"})
      CHECK(target[column].is_null());
    CHECK(target["outstanding"] == 7);
  }
  CHECK(document["target_groups"][0]["other"] == json::parse(R"({"requests": 2, "responses_5xx": 1,
    "connection_errors": 1, "buckets": [0, 1, 0, 1]})"));
  const auto read = read_live(document.dump());
  REQUIRE(read);
  CHECK(read->target_groups[0].targets[0].counters->requests == 1);
  CHECK_FALSE(read->target_groups[0].targets[1].counters);
  CHECK(read->target_groups[0].other.requests == 2);

  const json group = json::parse(status_json(daemon.state, daemon.operations.now))["target_groups"][0];
  CHECK(group["other"] == json::parse(R"({"requests": 2, "responses_5xx": 1, "connection_errors": 1})"));
  CHECK(group["targets"][0]["requests"] == 1);
  CHECK(group["targets"][1]["requests"].is_null());
  CHECK(group["targets"][1]["connections"]["idle"].is_null());
  CHECK(group["targets"][1]["outstanding"] == 7);
}

TEST_CASE("whatever bytes a target sent, the live document is one line of JSON") {
  LiveDaemon daemon;
  daemon.operations.all[0].targets[0].detail = "</script>\r\n\xff\x1b\"\\";
  const std::string text = live_text(live_facts(daemon.state, {daemon.now, daemon.operations.now}));
  CHECK(std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
  CHECK(target_of(json::parse(text), 0)["detail"] == "</script>\r\n\\xff\x1b\"\\");
}

TEST_CASE("a client gets a document at once and then one a second, whatever happens") {
  LiveDaemon daemon;
  LiveSource source(daemon.state, daemon.operations.now);
  const Instant begun = daemon.now;
  const std::string first = source.next(begun).value();
  CHECK(first.starts_with("retry: 1000\n\nevent: live\ndata: {\"at\":1700000000,\"clock\":3600,"));
  CHECK(first.ends_with("}\n\n"));
  CHECK(source.due() == begun + 1s);
  CHECK(daemon.next(source, begun + 999ms) == "");
  const std::string second = daemon.next(source, begun + 1s).value();
  CHECK(second.starts_with("event: live\ndata: {\"at\":1700000001,\"clock\":3601,"));
  CHECK(source.due() == begun + 2s);
}

TEST_CASE("all clients share a document, and what is slow skips some") {
  LiveDaemon daemon;
  LiveSource one(daemon.state, daemon.operations.now);
  LiveSource two(daemon.state, daemon.operations.now + 400ms);
  const Instant begun = daemon.now;
  const std::string first = one.next(begun).value();
  daemon.operations.all.clear();
  CHECK(daemon.next(two, begun + 400ms) == first);
  CHECK(two.due() == one.due());
  const std::string late = daemon.next(two, begun + 5s).value();
  CHECK(late.find("app-1") == std::string::npos);
  CHECK(daemon.next(one, begun + 5s) == late);
  CHECK(one.due() == begun + 6s);
}

TEST_CASE("while a document is written nobody waits, and no second one begins") {
  LiveDaemon daemon;
  daemon.slow = true;
  LiveSource one(daemon.state, daemon.operations.now);
  LiveSource two(daemon.state, daemon.operations.now);
  CHECK(one.next(daemon.now) == "retry: 1000\n\n");
  CHECK(two.next(daemon.now) == "retry: 1000\n\n");
  CHECK(one.next(daemon.now + 1s) == "");
  CHECK(daemon.written == 1);
  daemon.later();
  CHECK(one.next(daemon.now + 10ms)->starts_with("event: live\n"));
  CHECK(one.next(daemon.now + 20ms) == "");
  CHECK(two.next(daemon.now + 20ms)->starts_with("event: live\n"));
  CHECK(daemon.written == 1);
}

TEST_CASE(
    "a document that takes long to write is handed out all the same, and the next begins a second later") {
  LiveDaemon daemon;
  daemon.slow = true;
  LiveSource source(daemon.state, daemon.operations.now);
  const Instant begun = daemon.now;
  CHECK(source.next(begun) == "retry: 1000\n\n");
  CHECK(daemon.next(source, begun + 1s) == "");
  CHECK(daemon.next(source, begun + 2s) == "");
  daemon.now = begun + 2500ms;
  daemon.later();
  CHECK(source.next(daemon.now)->starts_with("event: live\n"));
  CHECK(source.due() == begun + 3500ms);
  CHECK(daemon.next(source, begun + 3s) == "");
  CHECK(daemon.written == 1);
  CHECK(daemon.next(source, begun + 3500ms) == "");
  CHECK(daemon.written == 2);
}

TEST_CASE("a document that cannot be written is tried again a second later, for all clients together") {
  LiveDaemon daemon;
  LiveSource one(daemon.state, daemon.operations.now);
  LiveSource two(daemon.state, daemon.operations.now);
  const Instant begun = daemon.now;
  CHECK(one.next(begun)->find("event: live\n") != std::string::npos);
  daemon.full = true;
  CHECK(daemon.next(one, begun + 1s) == "");
  CHECK(one.due() == begun + 2s);
  daemon.full = false;
  CHECK(daemon.next(two, begun + 1500ms) == "retry: 1000\n\n");
  CHECK(two.due() == begun + 2s);
  CHECK(daemon.written == 1);
  CHECK(daemon.next(one, begun + 2s)->starts_with("event: live\n"));
  CHECK(daemon.written == 2);
}

TEST_CASE("a stop ends the live documents") {
  LiveDaemon daemon;
  LiveSource source(daemon.state, daemon.operations.now);
  source.next(daemon.now);
  daemon.state.phase = Phase::stopping;
  CHECK_FALSE(source.next(daemon.now).has_value());
}

TEST_CASE("the live endpoint is a stream of events, where target groups run") {
  LiveDaemon daemon;
  const Gate gate(SocketAddress::parse("127.0.0.1:9900").value(), "");
  const auto head = request_head(weir::http::Method::get, "/api/v1/live", "127.0.0.1:9900");
  const Response response = handle({head, {}}, daemon.state, gate, daemon.operations.now);
  CHECK(response.status == 200);
  CHECK(response.content_type == "text/event-stream");
  CHECK(response.source != nullptr);
  daemon.state.operations = nullptr;
  CHECK(handle({head, {}}, daemon.state, gate, daemon.operations.now).status == 503);
}
