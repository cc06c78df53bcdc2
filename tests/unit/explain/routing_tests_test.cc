#include "lb/explain/routing_tests.h"

#include <doctest/doctest.h>

#include "tests/unit/explain/world.h"

namespace weir::explain {
namespace {

constexpr const char* kFile = R"(
listeners:
  web:
    bind: "127.0.0.1:8080"
    sources: { deny: [ 203.0.113.0/24 ] }
    rules:
      - { name: api, match: { path: "/api/*" }, forward: { groups: { app: 9, canary: 1, dark: 0 } } }
      - { name: admin, match: { path: "/api/admin/*" }, forward: app }
      - { name: old, match: { path: "/old" }, redirect: { status: 301, path: "/new" } }
      - { name: closed, match: { path: "/closed" }, respond: { status: 503 } }
    forward: names
target_groups:
  app: { targets: [ "10.0.1.1:80" ] }
  canary: { targets: [ "10.0.1.2:80" ] }
  dark: { targets: [ "10.0.1.3:80" ] }
  names: { targets: [ { dns: app.internal, port: 80 } ] }
tests:
)";

std::vector<FailedTest> run(const std::string& tests) {
  const base::ManualClock clock;
  net::Loop loop(clock);
  return run_tests(test::snapshot(kFile + tests), loop);
}

TEST_CASE("a test in the clear does not get past a listener with TLS") {
  const base::ManualClock clock;
  net::Loop loop(clock);
  const auto failed = run_tests(test::snapshot(R"(
listeners:
  web:
    bind: "127.0.0.1:8443"
    protocol: https
    tls: { certificates: { cert: c.pem, key: k.pem } }
    rules: [ { match: { path: /old }, redirect: { path: /new } } ]
    forward: app
target_groups: { app: { targets: [ "10.0.1.1:80" ] } }
tests:
  - { request: { url: "https://x:8443/" }, expect: { group: app } }
  - { request: { url: "https://x:8443/old" }, expect: { redirect: "https://x:8443/new" } }
  - { request: { url: "http://x:8443/" }, expect: { respond: 400 } }
  - { request: { url: "http://x:8443/" }, expect: { group: app } }
)"),
                                loop);
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].test == 3);
  CHECK(failed[0].message ==
        "GET http://x:8443/: expected target group 'app', but weir refuses it with 400 (plain_http)");
}

TEST_CASE("tests that hold say nothing") {
  CHECK(run(R"(
  - { request: { url: "http://x/api/1" }, expect: { rule: api, group: app } }
  - { request: { url: "http://x/api/1" }, expect: { group: canary } }
  - { request: { url: "http://x/old?a" }, expect: { rule: old, redirect: "http://x/new?a" } }
  - { request: { url: "http://x/closed", method: POST }, expect: { respond: 503 } }
  - { request: { url: "http://x/", from: 203.0.113.1 }, expect: { respond: 403 } }
  - { request: { url: "http://x/y" }, expect: { rule: default, group: names } }
)")
            .empty());
}

TEST_CASE("a test that does not hold says what was expected, what happened and why") {
  struct Row {
    const char* test;
    const char* message;
    const char* note;
    int line;  // of the note
  };
  const Row rows[] = {
      {R"({ request: { url: "http://x/v1" }, expect: { rule: api } })",
       "GET http://x/v1: expected rule 'api', but the default action forwards it to 'names'",
       R"(rule 'api' does not match: path is "/v1"; wanted: /api/*)", 8},
      {R"({ request: { url: "http://x/api/admin/" }, expect: { rule: admin } })",
       "GET http://x/api/admin/: expected rule 'admin', but rule 'api' (line 8) forwards it to 'app', "
       "'canary', 'dark'",
       "rule 'admin' would match, but this one stands before it", 8},
      {R"({ request: { url: "http://x/old" }, expect: { rule: default } })",
       "GET http://x/old: expected the default action, but rule 'old' (line 10) redirects it to "
       "'http://x/new'",
       "this rule matches first", 10},
      {R"({ request: { url: "http://x/old" }, expect: { rule: lost } })",
       "GET http://x/old: expected rule 'lost', but rule 'old' (line 10) redirects it to 'http://x/new'",
       "listener 'web' has no rule of this name", 4},
      {R"({ request: { url: "http://x/api/" }, expect: { group: dark } })",
       "GET http://x/api/: expected target group 'dark', but rule 'api' (line 8) forwards it to 'app', "
       "'canary', 'dark'",
       "", 0},
      {R"({ request: { url: "http://x/closed" }, expect: { respond: 404 } })",
       "GET http://x/closed: expected an answer 404, but rule 'closed' (line 11) answers it with 503", "", 0},
      {R"({ request: { url: "http://x/closed" }, expect: { redirect: "http://x/" } })",
       "GET http://x/closed: expected a redirect to 'http://x/', but rule 'closed' (line 11) answers it with "
       "503",
       "", 0},
      {R"({ request: { url: "http://x/api/", from: 203.0.113.1 }, expect: { group: app } })",
       "GET http://x/api/: expected target group 'app', but weir refuses it with 403 (source_denied)", "", 0},
  };
  for (const Row& row : rows) {
    const auto failed = run(std::string("  - ") + row.test + "\n");
    CAPTURE(row.test);
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].message == row.message);
    CHECK(failed[0].note == row.note);
    if (row.line != 0) CHECK(failed[0].note_place.line == row.line);
  }
}

TEST_CASE("a limit of one request does not fill up over many tests") {
  const base::ManualClock clock;
  net::Loop loop(clock);
  std::string yaml = R"(
listeners: { web: { bind: "127.0.0.1:8080", forward: app } }
target_groups: { app: { targets: [ { address: "10.0.1.1:80", max_requests: 1 } ] } }
tests:
)";
  for (int i = 0; i < 200; ++i)
    yaml += "  - { request: { url: \"http://x/\" }, expect: { rule: default, group: app } }\n";
  CHECK(run_tests(test::snapshot(yaml), loop).empty());
}

}  // namespace
}  // namespace weir::explain
