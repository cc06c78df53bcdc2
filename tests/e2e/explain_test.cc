// `weir explain`, from a file and from a running daemon, and the routing tests of `weir check`.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "tests/e2e/tls_scene.h"
#include "tests/support/backend.h"
#include "tests/support/contains.h"

using namespace weir::e2e;
using weir::test::contains;

namespace {

std::vector<std::string> together(std::vector<std::string> first, const std::vector<std::string>& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

Json explained(const std::vector<std::string>& arguments) {
  const Finished finished = run_weir(together({"explain", "--json"}, arguments));
  INFO(finished.err);
  REQUIRE(finished.code == 0);
  return Json::parse(finished.out);
}

// The lines of a head, without the values that are made anew for every request.
std::vector<std::string> settled(std::vector<std::string> lines) {
  for (std::string& line : lines) {
    for (const char* const name : {"X-Request-Id: ", "traceparent: ", "X-Amzn-Trace-Id: "}) {
      if (line.starts_with(name)) line = name;
    }
  }
  return lines;
}

std::string port_text(const std::string& address) { return address.substr(address.rfind(':') + 1); }

Json excluded_of(const Json& explanation, const std::string& id) {
  for (const Json& target : explanation["target_groups"][0]["targets"]) {
    if (target["id"] == id) return target["excluded"];
  }
  return "there is no target " + id;
}

constexpr const char* kExplainedRules =
    "    sources: { deny: [ 203.0.113.0/24 ] }\n"
    "    rules:\n"
    "      - { name: api, match: { path: \"/api/*\" }, forward: app }\n"
    "      - name: shop\n"
    "        match: { path: \"/shop/*\", header: { x-tenant: \"acme-*\" } }\n"
    "        rewrite: { host: shop.internal, path: { strip_prefix: /shop } }\n"
    "        headers: { request: { set: { x-rule: \"#{rule}\", x-id: \"#{target}\" }, remove: [ x-secret ] } "
    "}\n"
    "        forward: app\n"
    "      - { name: old, match: { path: /old }, redirect: { status: 301, path: /new } }\n";

}  // namespace

TEST_CASE("what explain shows is byte for byte what the target receives") {
  const Backend backend;
  Daemon weir(web_to(backend.address(), kExplainedRules));
  const std::string url = "http://" + weir.address() + "/shop/head";
  const Json explanation = explained({"--admin", weir.admin_address(), "-H", "X-Tenant: acme-1", "-H",
                                      "X-Secret: 1", "-H", "X-Forwarded-For: 6.6.6.6", "-H",
                                      "Connection: x-hop", "-H", "X-Hop: 1", "-H", "Accept: a/b", url});
  CHECK(explanation["rule"] == "shop");
  CHECK(explanation["live"] == true);
  Connection client(weir.address());
  client.send("GET /shop/head HTTP/1.1\r\nHost: " + weir.address() +
              "\r\nX-Tenant: acme-1\r\nX-Secret: 1\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: x-hop\r\n"
              "X-Hop: 1\r\nAccept: a/b\r\n\r\n");
  const Answer answer = client.answer();
  CHECK(answer.status == 200);
  CHECK(settled(explanation["sent"]["head"]) == settled(lines_of(answer.body)));
}

TEST_CASE("what explain shows as weir's answer is what the client gets") {
  const Backend backend;
  Daemon weir(web_to(backend.address(), kExplainedRules));
  const std::string port = port_text(weir.address());
  const Json explanation = explained({"--admin", weir.admin_address(), "http://x.org:" + port + "/old?a=b"});
  const Answer answer = fetch(weir.address(), "/old?a=b", "Host: x.org:" + port + "\r\n");
  CHECK(explanation["answer"]["status"] == 301);
  std::vector<std::string> head = explanation["answer"]["head"];
  CHECK(std::ranges::find(head, "Location: http://x.org:" + port + "/new?a=b") != head.end());
  CHECK(explanation["answer"]["body"] == "301 Moved Permanently\n");
}

TEST_CASE("a running weir tells why each target is left out, and nothing of it changes") {
  const Backend a("a"), b("b"), c("c"), d("d");
  Daemon weir(
      fmt::format("process: {{ state_dir: off }}\n"
                  "listeners: {{ web: {{ bind: \"127.0.0.1:0\", forward: app }} }}\n"
                  "target_groups:\n"
                  "  app:\n"
                  "    health_check: {{ protocol: tcp, interval: 200ms, timeout: 100ms }}\n"
                  "    targets:\n"
                  "      - {{ address: \"{}\", id: good, zone: z1, max_requests: 1 }}\n"
                  "      - {{ address: \"{}\", id: draining, zone: z1 }}\n"
                  "      - {{ address: \"{}\", id: shifted, zone: z2 }}\n"
                  "      - {{ address: \"127.0.0.1:{}\", id: broken, zone: z1 }}\n"
                  "      - {{ address: \"{}\", id: light, zone: z1, weight: 0 }}\n",
                  a.address(), b.address(), c.address(), free_port(), d.address()));
  const std::string admin = weir.admin_address();
  CHECK(run_weir({"drain", "app", "draining", "--admin", admin}).code == 0);
  CHECK(run_weir({"zone", "shift", "z2", "--for", "5m", "--admin", admin}).code == 0);
  const std::vector<std::string> question = {"--admin", admin, "http://" + weir.address() + "/x"};
  REQUIRE(eventually([&] { return excluded_of(explained(question), "broken")["reason"] == "unhealthy"; }));
  const Json before = weir.status()["listeners"];
  Json explanation;
  for (int i = 0; i < 20; ++i) explanation = explained(question);
  CHECK(explanation["sent"]["target"] == "good");
  CHECK(excluded_of(explanation, "good").is_null());
  CHECK(excluded_of(explanation, "draining")["reason"] == "draining");
  CHECK(excluded_of(explanation, "shifted")["reason"] == "zone_shifted");
  CHECK(contains(excluded_of(explanation, "broken")["detail"], "connect: Connection refused"));
  CHECK(excluded_of(explanation, "light")["reason"] == "weight_0");
  CHECK(weir.status()["listeners"] == before);
  CHECK_FALSE(
      contains(weir.admin("/metrics").body, "weir_rule_requests_total{listener=\"web\",rule=\"default\"} 1"));
  CHECK(a.requests() == 0);
  const Finished text = run_weir(together({"explain"}, question));
  CHECK(contains(text.out, "x draining"));
  CHECK(contains(text.out, ">  good"));
}

TEST_CASE("a file is explained without a daemon") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("weir.yaml", web_to("127.0.0.1:1", kExplainedRules));
  const Json denied = explained({"-c", file, "--from", "203.0.113.4", "http://x.org/"});
  CHECK(denied["answer"]["why"] == "source_denied");
  CHECK(denied["client"]["sources"] == "denied");
  const Json posted = explained({"-c", file, "-X", "POST", "--listener", "web", "http://x.org/api/1"});
  CHECK(posted["rule"] == "api");
  CHECK(posted["sent"]["head"][0] == "POST /api/1 HTTP/1.1");
  const Finished text = run_weir({"explain", "-c", file, "http://x.org/shop/x"});
  CHECK(text.code == 0);
  CHECK(contains(text.out, "header x-tenant is absent, wanted acme-*"));
}

TEST_CASE("a running weir and its file tell which certificate a name is shown") {
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  certificates.issue("b", {.names = {"b.test"}});
  const std::string yaml =
      "process: { watch: off }\n" +
      https_to(backend.address(),
               fmt::format("certificates: [ {}, {} ]", certificates.item("a"), certificates.item("b")));
  const Daemon weir(yaml);
  const auto said = [&](const std::vector<std::string>& whom, const std::string& host) {
    return explained(together(whom, {"--listener", "web", "https://" + host + "/"}))["tls"];
  };
  for (const std::vector<std::string>& whom :
       {std::vector<std::string>{"--admin", weir.admin_address()}, {"-c", weir.file()}}) {
    CAPTURE(whom.front());
    const Json named = said(whom, "b.test");
    CHECK(named["by_name"] == true);
    REQUIRE(named["certificates"].size() == 1);
    CHECK(named["certificates"][0]["file"] == certificates.path("b.pem"));
    CHECK(named["certificates"][0]["names"] == Json::array({"b.test"}));
    const Json other = said(whom, "c.test");
    CHECK(other["by_name"] == false);
    CHECK(other["certificates"][0]["file"] == certificates.path("a.pem"));
    const Finished text =
        run_weir(together(together({"explain"}, whom), {"--listener", "web", "https://c.test/"}));
    CHECK(contains(text.out, "certificate " + certificates.path("a.pem")));
  }
  // Whoever may not read the files is told the rest all the same.
  std::filesystem::remove(certificates.path("b.key"));
  const Json rest = explained({"-c", weir.file(), "--listener", "web", "https://b.test/"});
  CHECK(rest["tls"].is_null());
  CHECK(contains(rest["notes"].dump(), "certificates are not known"));
  CHECK(rest["rule"] == "default");
}

TEST_CASE("a hostile question is refused or escaped") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("weir.yaml", web_to("127.0.0.1:1", kExplainedRules));
  const auto harmless = [](const std::string& text) {
    return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < 0x20 && c != '\n') || c == 0x7f; });
  };
  for (const char* const url :
       {"http://x/\x1b[31m", "http://x/ HTTP/1.1\r\nA: b", "javascript:alert(1)", ""}) {
    const Finished finished = run_weir({"explain", "-c", file, url});
    CHECK(finished.code == 2);
    CHECK(harmless(finished.err));
  }
  const Finished split = run_weir({"explain", "-c", file, "-H", "A: b\r\nC: d", "http://x/"});
  CHECK(split.code == 2);
  CHECK(contains(split.err, "headers: the value of 'A' has a line break"));
  CHECK(run_weir({"explain", "-c", file, "-H", "nonsense", "http://x/"}).code == 2);
  const Finished coloured =
      run_weir({"explain", "-c", file, "-H", "X-Tenant: \x1b[31m\x9b", "http://x/shop/1"});
  CHECK(coloured.code == 0);
  CHECK(harmless(coloured.out));
}

TEST_CASE("the API refuses what is no question by the name of the member") {
  const Backend backend;
  Daemon weir(web_to(backend.address()));
  struct Row {
    const char* body;
    const char* detail;
  };
  const Row rows[] = {
      {"", "url: is required"},
      {"[]", "the body has to be a JSON object"},
      {R"({"url": 1})", "url: expected a text, found 1"},
      {R"({"url": "http://x/", "hdrs": {}})", "hdrs: is no member that is known here"},
      {R"({"url": "http://x/", "headers": {"a": 1}})", "headers: expected a list of [name, value]"},
      {R"({"url": "http://x/", "headers": [["a"]]})", "headers: expected a list of [name, value]"},
      {R"({"url": "http://x/", "from": "nobody"})", "from: 'nobody' is not an IP address"},
      {R"({"url": "x"})", "url: 'x' is not a URL"},
      {R"({"url": "http://x/", "listener": "q"})", "listener: there is no listener 'q'"},
      {R"({"url": "http://x/", "method": "G T"})", "method: 'G T' is not a method"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body);
    Connection connection(weir.admin_address());
    const std::string body = row.body;
    connection.send(
        fmt::format("POST /api/v1/explain HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}",
                    body.size(), body));
    const Answer answer = connection.answer("POST");
    CHECK(answer.status == 400);
    CHECK(answer.field("Content-Type") == "application/problem+json");
    CHECK_MESSAGE(Json::parse(answer.body)["detail"].get<std::string>().starts_with(row.detail), answer.body);
  }
  Connection connection(weir.admin_address());
  const std::string body = R"({"url": "http://x/y", "headers": {"url": "z"}, "method": "PUT"})";
  connection.send(fmt::format(
      "POST /api/v1/explain HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}", body.size(), body));
  const Answer answer = connection.answer("POST");
  CHECK(answer.status == 200);
  CHECK(Json::parse(answer.body)["question"]["headers"][0][1] == "z");
}

TEST_CASE("check runs the routing tests, and shows those that fail as a compiler does") {
  const TemporaryDirectory directory;
  const std::string head = web_to("127.0.0.1:1", kExplainedRules) + "tests:\n";
  const std::string good =
      head + "  - { request: { url: \"http://x/api/\" }, expect: { rule: api, group: app } }\n";
  const Finished passed = run_weir({"check", "-c", directory.write("good.yaml", good)});
  CHECK(passed.code == 0);
  CHECK(contains(passed.out, "valid (1 listener, 1 target group, 1 target, 1 test passed)"));

  const std::string file = directory.write(
      "bad.yaml", good + "  - { request: { url: \"http://x/shop/\" }, expect: { rule: shop } }\n");
  const Finished failed = run_weir({"check", "-c", file});
  CHECK(failed.code == 1);
  CHECK(failed.out ==
        fmt::format("{0}:18:5: error: tests[1]: GET http://x/shop/: expected rule 'shop', but the default "
                    "action forwards "
                    "it to 'app'\n"
                    "   18 |   - {{ request: {{ url: \"http://x/shop/\" }}, expect: {{ rule: shop }} }}\n"
                    "      |     ^\n"
                    "{0}:8:9: note: rule 'shop' does not match: header x-tenant is absent; wanted: acme-*\n"
                    "    8 |       - name: shop\n"
                    "      |         ^^^^\n"
                    "{0}: 1 of 2 tests failed\n",
                    file));
  const Finished json = run_weir({"check", "-c", file, "--format", "json"});
  CHECK(json.code == 1);
  const Json document = Json::parse(json.out);
  CHECK(document["valid"] == false);
  CHECK(document["diagnostics"][0]["id"] == "routing-test");
  CHECK(document["diagnostics"][0]["line"] == 18);
  CHECK(document["diagnostics"][0]["notes"][0]["line"] == 8);
}

TEST_CASE("check and run warn of rules that never match and of an order that looks wrong") {
  const Backend backend;
  const std::string yaml =
      web_to(backend.address(),
             "    rules:\n"
             "      - { name: api, match: { path: \"/api/*\" }, forward: app }\n"
             "      - { name: v1, match: { path: \"/api/v1/*\" }, respond: { status: 404 } }\n"
             "      - name: admin\n"
             "        match: { path: [ \"/admin/*\", \"/api/admin/*\" ] }\n"
             "        respond: { status: 403 }\n");
  const TemporaryDirectory directory;
  const std::string file = directory.write("weir.yaml", yaml);
  const Finished check = run_weir({"check", "-c", file});
  CHECK(check.code == 0);
  CHECK(contains(check.out, file +
                                ":7:9: warning: listeners.web.rules[1]: never matches: rule 'api' (line 6) "
                                "takes all of it\n"));
  CHECK(contains(check.out, file + ":6:9: note: rule 'api' stands here\n"));
  CHECK(contains(check.out,
                 file + ":8:9: warning: listeners.web.rules[2]: the path '/api/admin/*' never matches: "
                        "rule 'api' (line 6) takes all of it\n"));
  Daemon weir(yaml);
  CHECK(contains(weir.log(), "warning: listeners.web.rules[1]: never matches"));
}
