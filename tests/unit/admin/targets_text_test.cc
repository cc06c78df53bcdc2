#include "lb/admin/targets_text.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/contains.h"

using weir::admin::Colour;
using weir::admin::targets_text;
using weir::test::contains;

namespace {

const std::string kTargets = R"({
  "at": "2026-01-31T08:00:10.000Z",
  "target_groups": [{"name": "app", "algorithm": "power_of_two", "ready": true, "can_serve": true,
    "fail_open": false, "healthy": 1, "counted": 3, "targets": [
    {"id": "10.0.0.1:80", "address": "10.0.0.1:80", "zone": "az-1", "owner": "file", "state": "healthy",
     "reason": "", "detail": "", "since": "2026-01-31T06:58:10.000Z", "until": null, "weight": 2,
     "effective_weight": 2.0, "outstanding": 3, "max_requests": 200, "zone_shifted": false, "checks_passed": 9,
     "checks_failed": 0, "ejections": 0, "probes": [{"at": "2026-01-31T08:00:07.000Z", "passed": true,
      "phase": "passed", "reason": "", "status": 200, "took_seconds": 0.0012, "detail": "", "body_start": "x"}]},
    {"id": "web-2", "address": "10.0.0.2:80", "zone": "", "owner": "api", "state": "unhealthy",
     "reason": "Target.ResponseCodeMismatch", "detail": "", "since": "2026-01-31T08:00:00.000Z", "until": null,
     "weight": 1, "effective_weight": 0, "outstanding": 0, "max_requests": null, "zone_shifted": true,
     "checks_passed": 1, "checks_failed": 2, "ejections": 0, "probes": [{"at": "2026-01-31T08:00:09.000Z",
      "passed": false, "phase": "status", "reason": "Target.ResponseCodeMismatch", "status": 503,
      "took_seconds": 2.5, "detail": "expected 200-399", "body_start": "oops\n"}]},
    {"id": "c", "address": "10.0.0.3:80", "zone": "az-3", "owner": "file", "state": "draining",
     "reason": "Target.DeregistrationInProgress", "detail": "", "since": "2026-01-31T08:00:05.000Z",
     "until": "2026-01-31T08:05:05.000Z", "weight": 1, "effective_weight": 0.25, "outstanding": 1, "sessions": 12,
     "max_requests": null, "zone_shifted": false, "checks_passed": 0, "checks_failed": 0, "ejections": 0,
     "probes": []}], "names": []}],
  "zone_shifts": []
})";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("targets are a table of what they are and why") {
  CHECK(targets_text(kTargets, Colour::off).value() ==
        "GROUP  TARGET               ZONE  STATE                               REASON                        "
        "   "
        "SINCE     WEIGHT  IN FLIGHT  LAST PROBE\n"
        "app    10.0.0.1:80          az-1  healthy                                                           "
        "   "
        "1h 2m          2      3/200  passed, 200 in 1.2 ms, 3s ago\n"
        "app    web-2 (10.0.0.2:80)        unhealthy, zone shifted             Target.ResponseCodeMismatch   "
        "   "
        "  10s     0 of 1          0  failed at status, 503 in 2.5 s, 1s ago: expected 200-399, body "
        "\"oops\\n\"\n"
        "app    c (10.0.0.3:80)      az-3  draining, 4m 55s left, 12 sessions  "
        "Target.DeregistrationInProgress  "
        "   5s  0.25 of 1          1  none yet\n");
}

TEST_CASE("on a terminal that is too narrow, what is wrong with targets stands below the table") {
  CHECK(targets_text(kTargets, Colour::off, 80).value() ==
        "GROUP  TARGET               ZONE  STATE                               IN FLIGHT\n"
        "app    10.0.0.1:80          az-1  healthy                                 3/200\n"
        "app    web-2 (10.0.0.2:80)        unhealthy, zone shifted                     0\n"
        "app    c (10.0.0.3:80)      az-3  draining, 4m 55s left, 12 sessions          1\n"
        "\n"
        "app web-2 (10.0.0.2:80): Target.ResponseCodeMismatch, last probe failed at\n"
        "  status, 503 in 2.5 s, 1s ago: expected 200-399, body \"oops\\n\"\n"
        "app c (10.0.0.3:80): Target.DeregistrationInProgress, last probe none yet\n");
  CHECK(targets_text(kTargets, Colour::off, 400).value() == targets_text(kTargets, Colour::off).value());
}

TEST_CASE("above the table stands what an operator should look at") {
  CHECK(targets_text(replaced(kTargets, "\"ready\": true", "\"ready\": false"), Colour::off)
            ->starts_with("app waits for its first checks\nGROUP"));
  CHECK(targets_text(replaced(kTargets, "\"fail_open\": false", "\"fail_open\": true"), Colour::off)
            ->starts_with("app fails open: only 1 of 3 healthy, so all get requests\nGROUP"));
  CHECK(targets_text(replaced(kTargets, "\"can_serve\": true", "\"can_serve\": false"), Colour::off)
            ->starts_with("app cannot serve: no target may get a request\nGROUP"));
  const std::string named = replaced(kTargets, "\"names\": []", R"("names": [
    {"name": "web.test", "result": "nxdomain", "reason": "no such name", "detail": "it has no targets"},
    {"name": "ok.test", "result": "ok", "reason": "", "detail": ""}])");
  CHECK(targets_text(named, Colour::off)
            ->starts_with("app: web.test: nxdomain, no such name: it has no targets\nGROUP"));
  const std::string shifted = replaced(kTargets, "\"zone_shifts\": []", R"("zone_shifts": [{"zone": "az-1",
    "reason": "drill", "since": "2026-01-31T08:00:00.000Z", "until": "2026-01-31T08:30:00.000Z"}])");
  CHECK(targets_text(shifted, Colour::off)->starts_with("zone az-1 is shifted, 29m 50s left: drill\nGROUP"));
  CHECK(targets_text(shifted, Colour::on)->starts_with("\x1b[31mzone az-1"));
  const std::string long_reason =
      replaced(shifted, "drill", "the yearly drill of the people who run the racks there");
  CHECK(targets_text(long_reason, Colour::off, 80)
            ->starts_with("zone az-1 is shifted, 29m 50s left: the yearly drill of the people who run the\n"
                          "  racks there\nGROUP"));
}

TEST_CASE("what a target answered cannot speak to the terminal") {
  for (const char* hostile : {R"(\u001b]0;x\u0007)", R"(\u009b31m)", R"(\r\n)"}) {
    for (const char* place :
         {"oops", "expected 200-399", "web-2", "az-3", "Target.DeregistrationInProgress"}) {
      CAPTURE(hostile);
      CAPTURE(place);
      const std::string text = targets_text(replaced(kTargets, place, hostile), Colour::off).value();
      CHECK_FALSE(contains(text, "\x1b"));
      CHECK_FALSE(contains(text, "\xc2\x9b"));
      CHECK(std::ranges::count(text, '\n') == 4);
    }
  }
}

TEST_CASE("no targets are told as such, and what is no such document is told to be none") {
  CHECK(targets_text(R"({"at": "", "target_groups": [], "zone_shifts": []})", Colour::off) == "no targets\n");
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]"),
        replaced(kTargets, "\"weight\": 2", "\"weight\": \"\""), kTargets.substr(0, 300)}) {
    CHECK(targets_text(text, Colour::off).error() == "the answer does not tell about targets of weir");
  }
}
