// The endpoints for targets, drains, zones and events, over a socket.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>

#include "lb/admin/handler.h"
#include "lb/admin/server.h"
#include "tests/integration/admin/raw_client.h"
#include "tests/unit/admin/fake_operations.h"

using weir::admin::Gate;
using weir::admin::handle;
using weir::admin::listen;
using weir::admin::Phase;
using weir::admin::Request;
using weir::admin::Server;
using weir::admin::State;
using namespace std::chrono_literals;
using nlohmann::json;
using weir::base::SocketAddress;

namespace {

struct WireAnswer {
  unsigned status = 0;
  std::string head;
  std::string body;
  json document() const { return json::parse(body, nullptr, false); }
  std::string detail() const { return document().value("detail", ""); }
};

constexpr std::string_view kErrors[] = {"connect_refused"};
constexpr weir::observe::Vocabulary kWords{kErrors, {}, {}, kErrors, kErrors};

struct Daemon {
  weir::observe::Registry registry{kWords};
  weir::base::ManualClock clock;
  weir::net::Loop loop{clock};
  weir::wire::Context context{loop};
  FakeOperations operations;
  State state;
  Gate gate;
  Server server;

  explicit Daemon(const std::string& token = "")
      : gate(SocketAddress::parse("127.0.0.1:0").value(), token),
        server(context, std::move(listen(SocketAddress::parse("127.0.0.1:0").value()).value()),
               [this](const Request& request) { return handle(request, state, gate, operations.now); }) {
    state.registry = &registry;
    state.operations = &operations;
    state.phase = Phase::running;
  }

  WireAnswer ask(const std::string& method, const std::string& path, const std::string& body = "",
                 const std::string& fields = "") {
    RawClient client(loop, server.address());
    client.send(
        fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n{}"
                    "\r\n{}",
                    method, path, body.size(), fields, body));
    const std::string& all = client.read_all();
    const std::size_t end = all.find("\r\n\r\n");
    REQUIRE(end != std::string::npos);
    return {static_cast<unsigned>(std::stoul(all.substr(9, 3))), all.substr(0, end + 2), all.substr(end + 4)};
  }

  void happen(const std::string& kind, const std::string& detail = "") {
    operations.happen(kind, detail);
    server.on_news();
  }

  void let_pass(weir::base::Duration time) {
    clock.advance(time);
    for (int i = 0; i < 3; ++i) loop.run_once({});
  }
};

const std::string kTarget = "/api/v1/groups/app/targets/10.0.0.1:80";
const std::string kFollow = "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n";

// A client that has the head of its stream of events.
std::unique_ptr<RawClient> follower(Daemon& daemon, const std::string& fields = "") {
  auto client = std::make_unique<RawClient>(daemon.loop, daemon.server.address());
  client->send(kFollow + fields + "\r\n");
  CHECK(client->read_until("retry: 1000\n\n").starts_with("HTTP/1.1 200 OK\r\n"));
  return client;
}

}  // namespace

TEST_CASE("a target is registered, changed and deregistered") {
  Daemon daemon;
  const WireAnswer added =
      daemon.ask("PUT", "/api/v1/groups/app/targets/%5B::1%5D:80", R"({"zone":"az-2","weight":7})");
  CHECK(added.status == 201);
  CHECK(added.document()["target_group"] == "app");
  CHECK(added.document()["target"]["address"] == "[::1]:80");
  CHECK(added.document()["target"]["weight"] == 7);
  CHECK(daemon.operations.registered.zone == "az-2");
  CHECK(daemon.ask("PUT", "/api/v1/groups/app/targets/[0:0::1]:80").status == 200);
  CHECK(daemon.ask("PUT", "/api/v1/groups/app/targets/unix:%2Frun%2Fapp.sock").status == 201);
  const WireAnswer gone = daemon.ask("DELETE", "/api/v1/groups/app/targets/[::1]:80");
  CHECK(gone.status == 200);
  CHECK(gone.document()["target"].is_null());
  CHECK(daemon.ask("DELETE", "/api/v1/groups/app/targets/unix:%2Frun%2Fapp.sock").status == 200);
  CHECK(daemon.operations.done == std::vector<std::string>{"register app [::1]:80", "register app [::1]:80",
                                                           "register app unix:/run/app.sock",
                                                           "deregister app [::1]:80",
                                                           "deregister app unix:/run/app.sock"});
}

TEST_CASE("a target is drained and undrained, by its address or its id") {
  Daemon daemon;
  const WireAnswer drained = daemon.ask("POST", kTarget + "/drain");
  CHECK(drained.status == 200);
  CHECK(drained.document()["target"]["state"] == "draining");
  CHECK(drained.document()["target"]["outstanding"] == 3);
  CHECK(drained.document()["target"]["until"] == "2023-11-14T22:18:20.000Z");
  CHECK(drained.document()["at"] == "2023-11-14T22:13:20.000Z");
  const WireAnswer undrained = daemon.ask("DELETE", "/api/v1/groups/app/targets/app-1/drain");
  CHECK(undrained.document()["target"]["state"] == "healthy");
  CHECK(daemon.operations.done == std::vector<std::string>{"drain app 10.0.0.1:80", "undrain app app-1"});
}

TEST_CASE("a zone is shifted for a time and shifted back") {
  Daemon daemon;
  const WireAnswer refused = daemon.ask("POST", "/api/v1/zones/az-1/shift", R"({"for":"30m"})");
  CHECK(refused.status == 409);
  CHECK(refused.detail() == "no healthy zone would be left: force it");
  const WireAnswer shifted =
      daemon.ask("POST", "/api/v1/zones/az-1/shift", R"({"for":"30m","reason":"drill","force":true})");
  CHECK(shifted.status == 200);
  CHECK(shifted.document()["shift"]["until"] == "2023-11-14T22:43:20.000Z");
  CHECK(daemon.operations.shift_time == 30min);
  CHECK(json::parse(daemon.ask("GET", "/api/v1/targets").body)["zone_shifts"][0]["reason"] == "drill");
  const WireAnswer back = daemon.ask("DELETE", "/api/v1/zones/az-1/shift");
  CHECK(back.status == 200);
  CHECK(back.document()["shift"].is_null());
}

TEST_CASE("what an operation refuses is its status with its sentence") {
  Daemon daemon;
  CHECK(daemon.ask("DELETE", kTarget).status == 409);
  CHECK(daemon.ask("DELETE", kTarget).detail() ==
        "10.0.0.1:80 is in the configuration file: drain it, or edit the file");
  CHECK(daemon.ask("PUT", "/api/v1/groups/no/targets/10.0.0.9:80").status == 404);
  CHECK(daemon.ask("POST", "/api/v1/groups/app/targets/10.0.0.9:80/drain").status == 404);
  CHECK(daemon.ask("POST", "/api/v1/zones/az-9/shift", R"({"for":"30m"})").status == 404);
}

TEST_CASE("a request that cannot be understood changes nothing") {
  Daemon daemon;
  struct Row {
    const char* method;
    std::string path;
    std::string body;
    unsigned status;
  };
  for (const Row& row :
       {Row{"PUT", "/api/v1/groups/app/targets/somewhere:80", "", 400},
        Row{"PUT", "/api/v1/groups/app/targets/10.0.0.1", "", 400},
        Row{"PUT", "/api/v1/groups/app/targets/%zz", "", 400},
        Row{"PUT", "/api/v1/groups/%00/targets/10.0.0.1:80", "", 400},
        Row{"PUT", "/api/v1/groups/app/targets/unix:/run/app.sock", "", 404},
        Row{"PUT", "/api/v1/groups//targets/10.0.0.1:80", "", 404}, Row{"PUT", kTarget, "{", 400},
        Row{"PUT", kTarget, R"({"weight":-1})", 400}, Row{"PUT", kTarget, std::string(70'000, ' '), 413},
        Row{"POST", "/api/v1/zones/az-1/shift", "", 400},
        Row{"POST", "/api/v1/zones/az-1/shift", R"({"for":"5s"})", 400},
        Row{"POST", "/api/v1/zones//shift", R"({"for":"5m"})", 404}}) {
    CAPTURE(row.path);
    CAPTURE(row.body.substr(0, 100));
    const WireAnswer answer = daemon.ask(row.method, row.path, row.body);
    CHECK(answer.status == row.status);
    CHECK(answer.head.find("application/problem+json") != std::string::npos);
  }
  CHECK(daemon.operations.done.empty());
}

TEST_CASE("each path says which methods it takes") {
  Daemon daemon;
  struct Row {
    const char* method;
    std::string path;
    const char* allow;
  };
  for (const Row& row : {Row{"POST", "/api/v1/targets", "GET, HEAD"},
                         Row{"DELETE", "/api/v1/events", "GET, HEAD"}, Row{"GET", kTarget, "PUT, DELETE"},
                         Row{"PATCH", kTarget, "PUT, DELETE"}, Row{"GET", kTarget + "/drain", "POST, DELETE"},
                         Row{"PUT", "/api/v1/zones/az-1/shift", "POST, DELETE"}}) {
    CAPTURE(row.path);
    const WireAnswer answer = daemon.ask(row.method, row.path);
    CHECK(answer.status == 405);
    CHECK(answer.head.find(fmt::format("Allow: {}\r\n", row.allow)) != std::string::npos);
  }
}

TEST_CASE("reading is free on loopback, every change needs the token") {
  Daemon daemon("correct-horse");
  CHECK(daemon.ask("GET", "/api/v1/targets").status == 200);
  struct Row {
    const char* method;
    std::string path;
    std::string body;
  };
  const std::string api = "/api/v1/groups/app/targets/10.0.0.2:80";
  for (const Row& row :
       {Row{"PUT", api, ""}, Row{"POST", api + "/drain", ""}, Row{"DELETE", api + "/drain", ""},
        Row{"DELETE", api, ""}, Row{"POST", "/api/v1/zones/az-1/shift", R"({"for":"5m","force":true})"},
        Row{"DELETE", "/api/v1/zones/az-1/shift", ""}}) {
    CAPTURE(row.method);
    CAPTURE(row.path);
    const std::string right = "Authorization: Bearer correct-horse\r\n";
    const std::size_t before = daemon.operations.done.size();
    CHECK(daemon.ask(row.method, row.path, row.body).status == 401);
    CHECK(daemon.ask(row.method, row.path, row.body, "Authorization: Bearer wrong-horse\r\n").status == 401);
    CHECK(daemon.ask(row.method, row.path, row.body, right + "Origin: http://evil.example\r\n").status ==
          403);
    CHECK(daemon.operations.done.size() == before);
    CHECK(daemon.ask(row.method, row.path, row.body, right).status / 100 == 2);
  }
}

TEST_CASE("events come as they happen, from now on") {
  Daemon daemon;
  daemon.happen("health");
  const auto client = follower(daemon);
  CHECK(client->read_until("\n\n").find("Content-Type: text/event-stream\r\n") != std::string::npos);
  daemon.happen("drain");
  daemon.happen("shift");
  daemon.let_pass(8ms);
  const std::string& told = client->read_until("event: shift");
  CHECK(told.find("-1\n") == std::string::npos);
  CHECK(told.find("-2\nevent: drain\ndata: {") != std::string::npos);
}

TEST_CASE("a client that comes back gets what it missed") {
  Daemon daemon;
  for (int i = 0; i < 5; ++i) daemon.happen("health");
  CHECK(follower(daemon, "Last-Event-ID: 3\r\n")->read_until("-5\n").find("-3\n") == std::string::npos);
  const auto all = follower(daemon, "Last-Event-ID: 0\r\n");
  CHECK(all->read_until("-5\n").find("-1\n") != std::string::npos);
  // Of a daemon that ran before: this one counts from 1 again.
  const auto old = follower(daemon, "Last-Event-ID: 77\r\n");
  CHECK(old->read_until("-5\n").find("-1\n") != std::string::npos);
  CHECK(daemon.ask("GET", "/api/v1/events", "", "Last-Event-ID: x\r\n").status == 400);
}

TEST_CASE("a stream without events has a comment every fifteen seconds") {
  Daemon daemon;
  const auto client = follower(daemon);
  for (int i = 0; i < 4; ++i) {
    client->forget();
    daemon.let_pass(15s + 8ms);
    CHECK(client->read_until(": nothing new\n\n").find(": nothing new") != std::string::npos);
  }
}

TEST_CASE("a stop ends the streams in good order, and their connections live on") {
  Daemon daemon;
  const auto client = follower(daemon);
  daemon.state.phase = Phase::stopping;
  daemon.server.on_news();
  daemon.let_pass(8ms);
  CHECK(client->read_until("\r\n0\r\n\r\n").ends_with("0\r\n\r\n"));
  client->send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(client->read_until("ok\n").ends_with("ok\n"));
}

TEST_CASE("HEAD of the events is a head") {
  Daemon daemon;
  const WireAnswer answer = daemon.ask("HEAD", "/api/v1/events");
  CHECK(answer.status == 200);
  CHECK(answer.body.empty());
}

TEST_CASE("streams are bounded: more are refused, and places become free again") {
  Daemon daemon;
  std::vector<std::unique_ptr<RawClient>> clients;
  while (clients.size() < Server::kMostSources) clients.push_back(follower(daemon));
  const WireAnswer refused = daemon.ask("GET", "/api/v1/events");
  CHECK(refused.status == 503);
  CHECK(refused.head.find("Cache-Control: no-store\r\n") != std::string::npos);
  CHECK(daemon.ask("GET", "/api/v1/targets").status == 200);
  CHECK(daemon.ask("GET", "/metrics").status == 200);
  clients.pop_back();
  // The server learns of it when it writes.
  for (int i = 0; i < 3; ++i) {
    daemon.happen("health");
    daemon.let_pass(8ms);
  }
  clients.push_back(follower(daemon));
}

TEST_CASE("a client that takes nothing holds few bytes, and is cut after half a minute") {
  Daemon daemon;
  const auto slow = follower(daemon);
  const auto quick = follower(daemon);
  const std::size_t both = daemon.server.connections();
  // More than the kernel takes for a client that does not read.
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 100; ++i) daemon.operations.happen("health", std::string(8'000, 'x'));
    daemon.server.on_news();
    for (int i = 0; i < 30; ++i) daemon.let_pass(8ms);
    quick->read_until(fmt::format("-{}\n", (round + 1) * 100));
    quick->forget();
  }
  CHECK(daemon.server.connections() == both);
  for (int i = 0; i < 6; ++i) {
    daemon.happen("health");
    daemon.let_pass(8s);
    quick->read_until("event: health");
    quick->forget();
  }
  CHECK(daemon.server.connections() == both - 1);
}

TEST_CASE("a scraper that never reads is cut after half a minute") {
  Daemon daemon;
  std::vector<std::shared_ptr<weir::observe::TargetCounters>> counters;
  for (int i = 0; i < 3000; ++i)
    counters.push_back(
        daemon.registry.target(0, {"app", "az-1", fmt::format("10.0.{}.{}:80", i / 250, i % 250)}));
  std::vector<std::unique_ptr<RawClient>> scrapers;
  while (scrapers.size() < Server::kMostScrapes) {
    scrapers.push_back(std::make_unique<RawClient>(daemon.loop, daemon.server.address()));
    scrapers.back()->send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  for (int i = 0; i < 200; ++i) daemon.let_pass(1ms);
  CHECK(daemon.ask("GET", "/metrics").status == 503);
  CHECK(daemon.ask("GET", "/livez").status == 200);
  for (int i = 0; i < 5; ++i) daemon.let_pass(8s);
  CHECK(daemon.server.connections() == 0);
  CHECK(daemon.ask("GET", "/metrics").body.size() > 5'000'000);
}

TEST_CASE("a server that goes away cuts its streams") {
  auto daemon = std::make_unique<Daemon>();
  const auto client = follower(*daemon);
  daemon->happen("health");
  daemon->server.on_news();
}
