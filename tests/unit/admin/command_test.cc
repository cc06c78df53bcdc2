#include <doctest/doctest.h>

#include "lb/admin/change_text.h"
#include "lb/admin/command_call.h"
#include "lb/admin/reply_text.h"

using namespace weir::admin;

namespace {

std::string target_document(const std::string& target) {
  return R"({"at": "2026-01-31T08:00:00.000Z", "target_group": "app", "target": )" + target + "}";
}

const std::string kDraining = target_document(
    R"({"address": "10.0.0.1:80", "state": "draining", "weight": 2, "outstanding": 3,
        "until": "2026-01-31T08:05:00.000Z"})");

std::string line(Change change, unsigned status, const std::string& body) {
  return change_text(change, {status, body}).value();
}

}  // namespace

TEST_CASE("a command asks with the method and path of the API, whatever the names are") {
  const Call drain = drain_call("app", "[::1]:80");
  CHECK(drain.method == "POST");
  CHECK(drain.path == "/api/v1/groups/app/targets/%5B::1%5D:80/drain");
  CHECK(undrain_call("a/b?", "unix:/run/x").path == "/api/v1/groups/a%2Fb%3F/targets/unix:%2Frun%2Fx/drain");
  CHECK(undrain_call("app", "x").method == "DELETE");
  CHECK(deregister_call("app", "x").method == "DELETE");
  CHECK(deregister_call("app", "x\r\n").path == "/api/v1/groups/app/targets/x%0D%0A");
  CHECK(unshift_call("az 1").path == "/api/v1/zones/az%201/shift");
  CHECK(targets_call("", 1).path == "/api/v1/targets?probes=1");
  CHECK(targets_call("a&b", 20).path == "/api/v1/targets?probes=20&group=a%26b");
  CHECK(events_call({}).fields.empty());
  CHECK(events_call(7).fields.at(0) == std::pair<std::string, std::string>{"Last-Event-ID", "7"});
}

TEST_CASE("a command says in its body only what was given") {
  RegisterOptions options;
  options.group = "app";
  options.target = "10.0.0.1:80";
  CHECK(register_call(options).method == "PUT");
  CHECK(register_call(options).path == "/api/v1/groups/app/targets/10.0.0.1:80");
  CHECK(register_call(options).body == "{}");
  options.zone = "a\"z";
  options.weight = 0;
  options.max_requests = 5;
  options.id = "x";
  CHECK(register_call(options).body == R"({"zone":"a\"z","weight":0,"max_requests":5,"id":"x"})");
  CHECK(shift_call({"az-1", "30m", "", false}).body == R"({"for":"30m"})");
  CHECK(shift_call({"az-1", "30m", "a", true}).body == R"({"for":"30m","reason":"a","force":true})");
}

TEST_CASE("a change is told in one line that says what happens next") {
  CHECK(line(Change::drained, 200, kDraining) ==
        "10.0.0.1:80 of app drains: no new requests, 3 in flight, cut in 300 s\n");
  CHECK(line(Change::deregistered, 200, kDraining) ==
        "10.0.0.1:80 of app leaves: no new requests, 3 in flight, cut in 300 s\n");
  CHECK(line(Change::deregistered, 200, target_document("null")) == "the target has left app\n");
  const std::string idle = target_document(
      R"({"address": "10.0.0.1:80", "state": "initial", "weight": 2, "outstanding": 0, "until": null})");
  CHECK(line(Change::drained, 200, idle) ==
        "10.0.0.1:80 of app drains: no new requests, nothing in flight\n");
  CHECK(line(Change::registered, 201, idle) ==
        "10.0.0.1:80 of app is registered, weight 2: it gets requests after its first passed check\n");
  CHECK(line(Change::registered, 200, kDraining) ==
        "10.0.0.1:80 of app is changed, weight 2: it is draining\n");
  CHECK(line(Change::undrained, 200, idle) == "10.0.0.1:80 of app drains no more: it is initial\n");
  CHECK(
      line(
          Change::shifted, 200,
          R"({"at": "2026-01-31T08:00:00.000Z", "zone": "az-1", "shift": {"until": "2026-01-31T08:30:00.000Z"}})") ==
      "zone az-1 is shifted: its targets get no new requests for 30m 0s, or until `weir zone unshift`\n");
  CHECK(line(Change::unshifted, 200, R"({"at": "", "zone": "az-1", "shift": null})") ==
        "zone az-1 is not shifted: its targets get requests again\n");
  for (const char* body : {"", "{}", "[]", R"({"target": 1})"}) {
    for (const Change change : {Change::registered, Change::drained, Change::shifted}) {
      CHECK(change_text(change, {200, body}).error() == "the answer is none of weir's");
    }
  }
}

TEST_CASE("a refusal is the daemon's own sentence, or what its status means") {
  CHECK(refusal_text({409, R"({"title": "Conflict", "detail": "drain it"})"}, "a:1") == "drain it");
  CHECK(refusal_text({401, R"({"detail": "x"})"}, "a:1") == "a:1 wants its token: give --token-file FILE");
  for (const char* body : {"", "<html>", "[]", R"({"detail": 1})"})
    CHECK(refusal_text({502, body}, "a:1") == "a:1 answers 502");
}
