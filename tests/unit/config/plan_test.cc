#include "config/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "config/plan_text.h"
#include "tests/unit/config/support.h"

// The words for what changes.
namespace weir::config {
namespace {

std::string planned(const std::string& before, const std::string& after) {
  return plan_line(plan(snapshot_of(before), snapshot_of(after)));
}

std::string file_of(const std::string& listener, const std::string& group) {
  return "listeners: { public: { bind: 0.0.0.0:80, " + listener + " } }\ntarget_groups: { app: { " + group +
         " }, api: {}, api-v2: {}, web: {} }\n";
}

std::string of_group(const std::string& before, const std::string& after) {
  return planned(file_of("forward: app", before), file_of("forward: app", after));
}

std::string of_listener(const std::string& before, const std::string& after) {
  return planned(file_of(before, ""), file_of(after, ""));
}

std::string of_rules(const std::string& before, const std::string& after) {
  return of_listener("forward: app, rules: [" + before + "]", "forward: app, rules: [" + after + "]");
}

struct Row {
  const char* before;
  const char* after;
  const char* words;
};

}  // namespace

TEST_CASE("the example of the operator's words") {
  const std::string rest = "      - { name: api, match: { path: \"/api/*\" }, forward: ";
  const auto file = [&](const std::string& api, const std::string& targets) {
    return "listeners:\n  public:\n    bind: 0.0.0.0:80\n    rules:\n" + rest + api +
           " }\n    forward: app\ntarget_groups:\n  app: { targets: [" + targets +
           "] }\n  api: { targets: 10.0.0.1:1 }\n  api-v2: { targets: 10.0.0.1:1 }\n";
  };
  CHECK(planned(file("api", "10.0.1.10:8080, 10.0.2.10:8080"),
                file("api-v2", "10.0.2.10:8080, { address: 10.0.3.10:8080, zone: az-3 }")) ==
        "listener public: rule 'api' now forwards to api-v2; "
        "target group app: + 10.0.3.10:8080 (az-3); - 10.0.1.10:8080 drains for 300 s");
}

TEST_CASE("nothing changes when nothing but the layout does") {
  CHECK(planned(kMinimal, "# a comment\nprocess: { workers: auto }\n" + kMinimal) == "no changes");
}

TEST_CASE("targets in the operator's words") {
  const Row rows[] = {
      {"targets: 10.0.0.1:1", "targets: [10.0.0.1:1, { address: 10.0.0.2:1, zone: az-1, weight: 2 }]",
       "+ 10.0.0.2:1 (az-1, weight 2)"},
      {"targets: 10.0.0.1:1", "targets: [10.0.0.1:1, { address: 10.0.0.2:1, id: two, max_requests: 9 }]",
       "+ 10.0.0.2:1 (max_requests 9, id two)"},
      {"targets: [10.0.0.1:1, 10.0.0.2:1]", "targets: 10.0.0.1:1", "- 10.0.0.2:1 drains for 300 s"},
      {"targets: 10.0.0.1:1", "drain: 2m", "- 10.0.0.1:1 drains for 120 s; drain: 5m -> 2m"},
      {"targets: 10.0.0.1:1, drain: 1500ms", "drain: 1500ms", "- 10.0.0.1:1 drains for 1500ms"},
      {"targets: 10.0.0.1:1, drain: 0s", "drain: 0s", "- 10.0.0.1:1 leaves at once"},
      {"targets: [{ address: 10.0.0.1:1, zone: az-1 }]", "targets: [{ address: 10.0.0.1:1, weight: 0 }]",
       "10.0.0.1:1 zone: az-1 -> off, weight: 1 -> 0"},
      {"targets: [{ address: 10.0.0.1:1 }]", "targets: [{ address: 10.0.0.1:1, id: one, max_requests: 5 }]",
       "10.0.0.1:1 max_requests: off -> 5, id: 10.0.0.1:1 -> one"},
      {"targets: [10.0.0.1:1, 10.0.0.2:1]", "targets: [10.0.0.2:1, 10.0.0.1:1]",
       "targets stand in another order"},
      {"targets: [{ dns: a.internal, port: 80 }]", "targets: [{ dns: a.internal, port: 81, zone: az-2 }]",
       "+ dns a.internal:81 (az-2); - dns a.internal:80: its targets drain for 300 s"},
      {"targets: [{ dns: a.internal, port: 80 }]", "targets: [{ dns: a.internal, port: 80, weight: 3 }]",
       "dns a.internal:80 weight: 1 -> 3"},
      {"", "targets: [{ dns: _http._tcp.a.internal, srv: on }]", "+ srv _http._tcp.a.internal"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.after);
    CHECK(of_group(row.before, row.after) == std::string("target group app: ") + row.words);
  }
}

TEST_CASE("settings of a target group by their keys") {
  const Row rows[] = {
      {"", "algorithm: round_robin", "algorithm: power_of_two -> round_robin"},
      {"", "timeouts: { idle: 30s, connect: off }", "timeouts.connect: 2s -> off; timeouts.idle: 1m -> 30s"},
      {"", "preserve_host: off", "preserve_host: on -> off"},
      {"", "health_check: off", "health checks stop: every target is trusted"},
      {"health_check: off", "health_check: { path: /up }", "health checks begin: GET /up every 5s"},
      {"health_check: off", "health_check: { protocol: tcp }", "health checks begin: a connection every 5s"},
      {"", "health_check: { expect: { status: [200, 204] } }",
       "health_check.expect.status: 200-399 -> [200, 204]"},
      {"", "health_check: { headers: { x-a: b } }", "health_check.headers.x-a: none -> b"},
      {"", "retry: { when: [reset, timeout] }", "retry.when: connect_failure -> [reset, timeout]"},
      {"", "outlier_detection: { success_rate: { factor: 2 } }",
       "outlier_detection.success_rate: off -> { factor: 2.0, min_targets: 5, min_requests: 100, interval: "
       "10s }"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.after);
    CHECK(of_group(row.before, row.after) == std::string("target group app: ") + row.words);
  }
}

TEST_CASE("settings of a listener by their keys, and its default action in words") {
  const Row rows[] = {
      {"forward: app", "forward: app, timeouts: { idle: 30s }", "timeouts.idle: 1m -> 30s"},
      {"forward: app", "forward: app, limits: { body_bytes: 10MiB }", "limits.body_bytes: off -> 10MiB"},
      {"forward: app", "forward: web", "the default action now forwards to web"},
      {"forward: app", "forward: { groups: { web: 95, api: 5 }, stickiness: 1h }",
       "the default action now forwards to web (95), api (5), sticky for 1h"},
      {"forward: { groups: { web: 95, api: 5 } }", "forward: { groups: { web: 90, api: 10 } }",
       "the default action now forwards to web (90), api (10)"},
      {"forward: app", "redirect: { scheme: https, port: 443, query: a }",
       "the default action now redirects with 302 to https://#{host}:443/#{path}?a"},
      {"forward: app", "respond: { status: 503 }", "the default action now answers 503"},
      {"respond: { status: 503 }", "respond: { status: 503, body: soon }", "respond.body: '' -> soon"},
      {"redirect: { host: a }", "redirect: { host: a, status: 301 }", "redirect.status: 302 -> 301"},
      {"forward: app, forwarded: { trust: 10.0.0.0/8 }", "forward: app, forwarded: { trust: off }",
       "forwarded.trust: 10.0.0.0/8 -> off"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.after);
    CHECK(of_listener(row.before, row.after) == std::string("listener public: ") + row.words);
  }
}

TEST_CASE("rules by name in the operator's words") {
  const Row rows[] = {
      {"{ name: api, forward: api }", "{ name: api, forward: api-v2 }", "rule 'api' now forwards to api-v2"},
      {"{ name: api, forward: api }", "{ name: api, redirect: { host: b.org, path: /x } }",
       "rule 'api' now redirects with 302 to #{scheme}://b.org/x"},
      {"{ name: api, match: { path: /a }, forward: api }",
       "{ name: api, match: { path: [/a, /b], method: GET }, forward: api }",
       "rule 'api': match.path: /a -> [/a, /b]; rule 'api': match.method: none -> GET"},
      {"{ name: api, forward: api }",
       "{ name: api, forward: api, headers: { request: { set: { x-a: b }, remove: [x-c] } } }",
       "rule 'api': headers.request.remove: [] -> x-c; rule 'api': headers.request.set.x-a: none -> b"},
      {"{ name: api, forward: api }", "{ name: api, forward: api, rewrite: { path: { strip_prefix: /v1 } } }",
       "rule 'api': rewrite.path.strip_prefix: off -> /v1"},
      {"{ name: api, forward: api }", "{ name: api, forward: api, timeouts: { response: 5s } }",
       "rule 'api': timeouts.response: off -> 5s"},
      {"", "{ name: api, match: { path: /a, method: [GET, POST] }, forward: api }",
       "+ rule 'api' at place 1 matches { path: /a, method: [GET, POST] } and forwards to api"},
      {"", "{ name: api, respond: { status: 404 } }",
       "+ rule 'api' at place 1 matches everything and answers 404"},
      {"{ name: api, forward: api }", "", "- rule 'api', which forwards to api"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.after);
    CHECK(of_rules(row.before, row.after) == std::string("listener public: ") + row.words);
  }
}

TEST_CASE("of rules in another order only those are told that moved past the rest") {
  const auto rule = [](const std::string& name) {
    return "{ name: " + name + ", match: { path: /" + name + " }, forward: api }";
  };
  const auto rules = [&](const std::vector<std::string>& names) {
    std::vector<std::string> texts;
    for (const std::string& name : names) texts.push_back(rule(name));
    return fmt::format("{}", fmt::join(texts, ", "));
  };
  CHECK(of_rules(rules({"a", "b", "c", "d"}), rules({"d", "a", "b", "c"})) ==
        "listener public: rule 'd' moves from place 4 to 1");
  CHECK(of_rules(rules({"a", "b", "c", "d"}), rules({"a", "c", "d"})) ==
        "listener public: - rule 'b', which forwards to api");
  CHECK(
      of_rules(rules({"a", "b"}), rules({"b", "x", "a"})) ==
      "listener public: + rule 'x' at place 2 matches { path: /x } and forwards to api; rule 'b' moves from "
      "place 2 to 1");
}

TEST_CASE("a rule without a name is known by what it does") {
  const auto rule = [](const std::string& path) { return "{ match: { path: " + path + " }, forward: api }"; };
  CHECK(of_rules(rule("/a") + ", " + rule("/b"), rule("/x") + ", " + rule("/a") + ", " + rule("/b")) ==
        "listener public: + rule 'rule-1' at place 1 matches { path: /x } and forwards to api; rule 'rule-1' "
        "is now rule 'rule-2', and so for 1 more without a name");
  CHECK(of_rules(rule("/a") + ", " + rule("/b"), rule("/b") + ", " + rule("/a")) ==
        "listener public: rule 'rule-2' moves from place 2 to 1; rule 'rule-2' is now rule 'rule-1', and so "
        "for 1 more without a name");
  CHECK(of_rules(rule("/a") + ", " + rule("/b"), rule("/a") + ", " + rule("/c")) ==
        "listener public: rule 'rule-2': match.path: /b -> /c");
}

TEST_CASE("listeners and their binds") {
  const auto file = [](const std::string& listeners) {
    return "listeners: { " + listeners + " }\n" + std::string(kGroup);
  };
  const std::string web = "web: { bind: 0.0.0.0:80, forward: app }";
  const auto change = [&](const std::string& before, const std::string& after) {
    return planned(file(before), file(after));
  };
  CHECK(change(web, web + ", tls: { bind: [\"0.0.0.0:1\", \"[::]:2\"], forward: app }") ==
        "listener tls: + added on 0.0.0.0:1, [::]:2: forwards to app");
  CHECK(change(web + ", old: { bind: 0.0.0.0:1, forward: app }", web) ==
        "listener old: - removed: stops accepting on 0.0.0.0:1, and drains");
  CHECK(change(web, "public: { bind: 0.0.0.0:80, rules: [{ forward: app }], forward: app }") ==
        "listener public: + added on 0.0.0.0:80 (its socket passes over from web): 1 rule, then forwards to "
        "app; listener web: - removed: stops accepting on 0.0.0.0:80 (its socket passes over to public), and "
        "drains");
  CHECK(change(web, "web: { bind: [\"0.0.0.0:81\", \"unix:/a b\"], forward: app }") ==
        "listener web: + bind 0.0.0.0:81; + bind unix:/a b; - bind 0.0.0.0:80");
  CHECK(change("web: { bind: [\"0.0.0.0:80\", \"0.0.0.0:81\"], forward: app }",
               "web: { bind: [\"0.0.0.0:81\", \"0.0.0.0:80\"], forward: app }") ==
        "listener web: binds stand in another order");
  CHECK(change("a: { bind: 0.0.0.0:1, forward: app }, " + web,
               web + ", a: { bind: 0.0.0.0:1, forward: app }") ==
        "listeners: stand in another order in the file");
  CHECK(change("web: { bind: 127.0.0.1:0, forward: app }", "www: { bind: 127.0.0.1:0, forward: app }") ==
        "listener www: + added on 127.0.0.1:0: forwards to app; listener web: - removed: stops accepting on "
        "127.0.0.1:0, and drains");
}

TEST_CASE("target groups that come and go") {
  const std::string app = "app: { targets: 10.0.0.1:1 }";
  const auto file = [](const std::string& groups) {
    return std::string(kListener) + "target_groups: { " + groups + " }\n";
  };
  CHECK(planned(file(app), file(app + ", new: { targets: [10.0.0.2:1, { dns: a.b, port: 1 }] }")) ==
        "target group new: + added with 2 targets; + 10.0.0.2:1; + dns a.b:1");
  CHECK(planned(file(app + ", old: { targets: 10.0.0.2:1, drain: 5s }"), file(app)) ==
        "target group old: - removed with 1 target; - 10.0.0.2:1 drains for 5 s");
}

TEST_CASE("the other sections come by their keys, and tell what only a restart changes") {
  CHECK(planned(kMinimal,
                "process: { workers: 4, zone: az-1, user: weir, state_dir: off, max_connections: 5, "
                "resolvers: 10.0.0.2:53, shutdown_grace: 1s }\n" +
                    kMinimal) ==
        "process: workers: auto -> 4 (needs restart); zone: off -> az-1; shutdown_grace: 30s -> 1s; "
        "max_connections: auto -> 5 (needs restart); user: off -> weir (needs restart); state_dir: "
        "/var/lib/weir -> off (needs restart); resolvers: auto -> 10.0.0.2:53 (needs restart)");
  CHECK(
      planned(kMinimal, kMinimal +
                            "admin: { bind: off, latency_buckets: [100us, 2.5ms, 1s] }\nlog: { level: debug, "
                            "access: { output: stderr } }\n"
                            "secrets: { cookie_keys_file: /etc/keys }\n"
                            "tests: [{ request: { url: \"http://a/\" }, expect: { rule: default } }]\n") ==
      "admin: bind: 127.0.0.1:9900 -> off (needs restart); latency_buckets: - 100ms, - 10ms, - 10s, - 1m, - "
      "1ms, - 2500ms, - 250ms, - 250us and 7 more (needs restart); log: level: info -> debug; access.output: "
      "stdout -> stderr; "
      "secrets: cookie_keys_file: off -> /etc/keys; tests: other routing tests for `weir check`: 0 -> 1");
}

TEST_CASE("what is in force after a reload keeps the settings that need a restart") {
  const auto running = snapshot_of(kMinimal);
  const auto next = snapshot_of(
      "process: { workers: 4, zone: az-1, user: weir, state_dir: off, max_connections: 5, resolvers: "
      "10.0.0.2:53 }\nadmin: { latency_buckets: 1s }\nlog: { level: error }\n" +
      kMinimal);
  const auto now = in_force(running, next);
  const Plan applied = plan(running, now);
  CHECK(plan_line(applied) == "process: zone: off -> az-1; log: level: info -> error");
  const Plan left = plan(now, next);
  CHECK(left.changes.size() == 6);
  CHECK(std::ranges::all_of(left.changes, &Change::needs_restart));
}

TEST_CASE("another content of the file of an answer is a change") {
  const TemporaryFolder folder;
  const std::string page = folder.write("page.html", "one");
  const std::string text = file_of("respond: { body_file: " + page + " }", "targets: 10.0.0.1:1");
  const auto before = snapshot_of(text);
  folder.write("page.html", "two");
  const auto after = snapshot_of(text);
  CHECK(plan_line(plan(before, after)) == "listener public: the content of " + page + " has changed");
  CHECK(plan(without_file_bodies(before), without_file_bodies(after)).empty());
}

}  // namespace weir::config
