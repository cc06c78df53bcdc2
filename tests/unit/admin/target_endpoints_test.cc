#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "lb/admin/handler.h"
#include "lb/admin/timestamp.h"
#include "tests/unit/admin/fake_operations.h"
#include "tests/unit/admin/request.h"

using weir::admin::Gate;
using weir::admin::GroupStatus;
using weir::admin::handle;
using weir::admin::parse_timestamp;
using weir::admin::Phase;
using weir::admin::ProbeStatus;
using weir::admin::Response;
using weir::admin::State;
using weir::admin::timestamp;
using namespace std::chrono_literals;
using nlohmann::json;
using weir::base::SocketAddress;
using weir::base::WallTime;
using weir::http::Method;

namespace {

struct EndpointsDaemon {
  FakeOperations operations;
  State state;
  Gate gate{SocketAddress::parse("127.0.0.1:9900").value(), ""};

  EndpointsDaemon() {
    state.operations = &operations;
    state.phase = Phase::running;
  }
  Response ask(const std::string& target, Method method = Method::get) const {
    const auto head = request_head(method, target, "127.0.0.1:9900");
    return handle({head, {}}, state, gate, operations.now + 90s);
  }
};

}  // namespace

TEST_CASE("times are written with milliseconds and read back") {
  const WallTime time = WallTime(1'700'000'000s) + 7ms + 999us;
  CHECK(timestamp(time) == "2023-11-14T22:13:20.007Z");
  CHECK(parse_timestamp(timestamp(time)) == WallTime(1'700'000'000s) + 7ms);
  CHECK(timestamp(WallTime{}) == "1970-01-01T00:00:00.000Z");
  for (const char* text :
       {"", "2023-11-14T22:13:20Z", "2023-13-14T22:13:20.007Z", "2023-02-30T22:13:20.007Z",
        "2023-11-14T24:13:20.007Z", "2023-11-14T22:13:20.007+", "x023-11-14T22:13:20.007Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_timestamp(text).has_value());
  }
}

TEST_CASE("the targets are told with all that is known about them") {
  EndpointsDaemon daemon;
  auto& target = daemon.operations.all[0].targets[0];
  target.state = "ejected";
  target.reason = "consecutive_failures";
  target.detail = "5 in a row";
  target.until = daemon.operations.now + 30s;
  target.weight = 2;
  target.effective_weight = 0.5;
  target.outstanding = 4;
  target.max_requests = 200;
  target.sessions = 17;
  target.zone_shifted = true;
  target.checks_passed = 7;
  target.checks_failed = 3;
  target.ejections = 1;
  ProbeStatus probe;
  probe.at = daemon.operations.now;
  probe.phase = "status";
  probe.reason = "Target.ResponseCodeMismatch";
  probe.status = 503;
  probe.took = 1500us;
  probe.detail = "expected 200-399";
  probe.body_start = "oops";
  target.probes = {probe};
  daemon.operations.all[0].names = {{"app.test", "failed", "timeout", "targets kept: 1"}};
  daemon.operations.zone_shifts = {{"az-1", "drill", daemon.operations.now, daemon.operations.now + 60s}};
  CHECK(json::parse(daemon.ask("/api/v1/targets").body) == json::parse(R"({
    "at": "2023-11-14T22:14:50.000Z",
    "target_groups": [{"name": "app", "algorithm": "power_of_two", "ready": true, "can_serve": true,
      "fail_open": false, "healthy": 1, "counted": 1, "targets": [{
        "id": "app-1", "address": "10.0.0.1:80", "zone": "az-1", "owner": "file", "state": "ejected",
        "reason": "consecutive_failures", "detail": "5 in a row", "since": "2023-11-14T22:13:20.000Z",
        "until": "2023-11-14T22:13:50.000Z", "weight": 2, "effective_weight": 0.5, "outstanding": 4,
        "max_requests": 200, "sessions": 17, "zone_shifted": true, "checks_passed": 7, "checks_failed": 3, "ejections": 1,
        "probes": [{"at": "2023-11-14T22:13:20.000Z", "passed": false, "phase": "status",
          "reason": "Target.ResponseCodeMismatch", "status": 503, "took_seconds": 0.0015,
          "detail": "expected 200-399", "body_start": "oops"}]}],
      "names": [{"name": "app.test", "result": "failed", "reason": "timeout", "detail": "targets kept: 1"}]}],
    "zone_shifts": [{"zone": "az-1", "reason": "drill", "since": "2023-11-14T22:13:20.000Z",
      "until": "2023-11-14T22:14:20.000Z"}]})"));
}

TEST_CASE("whatever bytes a target sent, the document is ASCII and parses") {
  EndpointsDaemon daemon;
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  ProbeStatus probe;
  for (const std::string& bytes :
       {all, std::string("\"}],\"x\":1"), std::string("\xc2\x9b[31m"), std::string("\xf0\x9f\x92"),
        std::string("\xed\xa0\x80"), std::string("\0\x7f\x1b]0;x\x07", 9)}) {
    probe.body_start = bytes;
    daemon.operations.all[0].targets[0].probes = {probe};
    const std::string body = daemon.ask("/api/v1/targets").body;
    CHECK(std::ranges::all_of(body, [](char c) { return c == '\n' || (c >= ' ' && c < 0x7f); }));
    CHECK(json::parse(body)["target_groups"][0]["targets"][0]["probes"][0]["body_start"].is_string());
  }
  probe.body_start = "caf\xc3\xa9\n\"\\";
  daemon.operations.all[0].targets[0].probes = {probe};
  CHECK(
      json::parse(
          daemon.ask("/api/v1/targets").body)["target_groups"][0]["targets"][0]["probes"][0]["body_start"] ==
      probe.body_start);
}

TEST_CASE("one group can be asked for, and fewer probes of each target") {
  EndpointsDaemon daemon;
  GroupStatus other;
  other.name = "other";
  daemon.operations.all.push_back(other);
  daemon.operations.all[0].targets[0].probes.resize(3);
  daemon.operations.all[0].targets[0].probes[2].status = 204;
  CHECK(json::parse(daemon.ask("/api/v1/targets").body)["target_groups"].size() == 2);
  const json one = json::parse(daemon.ask("/api/v1/targets?group=%61pp&probes=1").body);
  CHECK(one["target_groups"].size() == 1);
  CHECK(one["target_groups"][0]["targets"][0]["probes"].size() == 1);
  CHECK(one["target_groups"][0]["targets"][0]["probes"][0]["status"] == 204);
  CHECK(daemon.ask("/api/v1/targets?group=ap").status == 404);
  CHECK(daemon.ask("/api/v1/targets?group=").status == 404);
  for (const char* query : {"group=%zz", "group=app&group=app", "probes=21", "probes=-1", "probes="}) {
    CAPTURE(query);
    CHECK(daemon.ask(std::string("/api/v1/targets?") + query).status == 400);
  }
}

TEST_CASE("one target can be asked for, by its address or its id") {
  EndpointsDaemon daemon;
  daemon.operations.all.push_back({.name = "other"});
  for (const char* target : {"app-1", "10.0.0.1:80", "10.0.0.1%3A80"}) {
    CAPTURE(target);
    const json document =
        json::parse(daemon.ask(std::string("/api/v1/targets?group=app&target=") + target).body);
    REQUIRE(document["target_groups"].size() == 1);
    CHECK(document["target_groups"][0]["name"] == "app");
    REQUIRE(document["target_groups"][0]["targets"].size() == 1);
    CHECK(document["target_groups"][0]["targets"][0]["id"] == "app-1");
  }
  CHECK(daemon.ask("/api/v1/targets?target=app-1").status == 400);
  CHECK(daemon.ask("/api/v1/targets?group=none&target=app-1").status == 404);
  CHECK(daemon.ask("/api/v1/targets?group=app&target=app-2").status == 404);
}

TEST_CASE("ready means that the groups have been looked at and one can serve") {
  EndpointsDaemon daemon;
  GroupStatus other;
  other.name = "other";
  daemon.operations.all.push_back(other);
  CHECK(daemon.ask("/readyz").status == 200);
  daemon.operations.all[1].ready = false;
  CHECK(daemon.ask("/readyz").status == 503);
  CHECK(daemon.ask("/readyz").body == "waiting for the first checks of group other\n");
  daemon.operations.all[1].ready = true;
  daemon.operations.all[0].can_serve = false;
  CHECK(daemon.ask("/readyz").status == 200);
  daemon.operations.all[1].can_serve = false;
  CHECK(daemon.ask("/readyz").body == "no target group can serve\n");
  daemon.state.phase = Phase::stopping;
  CHECK(daemon.ask("/readyz").body == "stopping\n");
  daemon.state.phase = Phase::running;
  daemon.operations.all.clear();
  CHECK(daemon.ask("/readyz").status == 200);
}

TEST_CASE("without target groups that run, what is about them is unavailable") {
  EndpointsDaemon daemon;
  daemon.state.operations = nullptr;
  CHECK(daemon.ask("/api/v1/targets").status == 503);
  CHECK(daemon.ask("/api/v1/events").status == 503);
  CHECK(daemon.ask("/api/v1/groups/app/targets/10.0.0.1:80", Method::put).status == 503);
  CHECK(daemon.ask("/api/v1/groups/app/targets/10.0.0.1:80", Method::delete_).status == 503);
  CHECK(daemon.ask("/api/v1/groups/app/targets/10.0.0.1:80/drain", Method::post).status == 503);
  CHECK(daemon.ask("/api/v1/groups/app/targets/10.0.0.1:80/drain", Method::delete_).status == 503);
  CHECK(daemon.ask("/api/v1/zones/az-1/shift", Method::post).status == 503);
  CHECK(daemon.ask("/api/v1/zones/az-1/shift", Method::delete_).status == 503);
}
