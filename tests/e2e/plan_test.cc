// `weir plan`, from files and against a running daemon, and its endpoint.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"
#include "tests/support/contains.h"

using namespace weir::e2e;
using weir::test::contains;

namespace {

const std::string kPlannedRules =
    "    rules:\n"
    "      - { name: api, match: { path: \"/api/*\" }, respond: { status: 200 } }\n";

std::string edited(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

Answer post_plan(const Daemon& weir, const std::string& document) {
  Connection connection(weir.admin_address());
  connection.send(fmt::format("POST /api/v1/plan HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}",
                              document.size(), document));
  return connection.answer("POST");
}

}  // namespace

TEST_CASE("plan says what differs between two files") {
  const TemporaryDirectory directory;
  const std::string before = web_to("10.0.1.10:8080", kPlannedRules);
  const std::string old = directory.write("old.yaml", before);
  const std::string next = directory.write(
      "new.yaml", "process: { workers: 2 }\n" + edited(edited(before, "10.0.1.10:8080", "10.0.3.10:8080"),
                                                       "status: 200", "status: 404"));
  const Finished text = run_weir({"plan", old, next});
  CHECK(text.code == 0);
  CHECK(text.err.empty());
  CHECK(text.out ==
        "~ process: workers: auto -> 2 (needs restart)\n"
        "~ listener web: rule 'api': respond.status: 200 -> 404\n"
        "+ target group app: 10.0.3.10:8080\n"
        "- target group app: 10.0.1.10:8080 drains for 300 s\n");
  const Finished json = run_weir({"plan", "--json", old, next});
  CHECK(json.code == 0);
  const Json document = Json::parse(json.out);
  CHECK(document["total"] == 4);
  CHECK(document["needs_restart"] == true);
  CHECK(document["changes"][2]["subject"] == "target group app");
  CHECK(document["changes"][2]["kind"] == "added");
  const Finished same = run_weir({"plan", old, old});
  CHECK(same.code == 0);
  CHECK(same.out == "no changes\n");
}

TEST_CASE("plan refuses a file that is not valid as check does, and a wrong command line") {
  const TemporaryDirectory directory;
  const std::string good = directory.write("good.yaml", web_to("10.0.1.10:8080"));
  const std::string bad = directory.write("bad.yaml", web_to("10.0.1.10:8080") + "rulez: 1\n");
  for (const auto& files : {std::pair(good, bad), std::pair(bad, good)}) {
    const Finished text = run_weir({"plan", files.first, files.second});
    CHECK(text.code == 1);
    CHECK(text.out.empty());
    CHECK(text.err == run_weir({"check", "-c", bad}).out);
    const Finished json = run_weir({"plan", "--json", files.first, files.second});
    CHECK(json.code == 1);
    CHECK(Json::parse(json.out)["valid"] == false);
  }
  CHECK(run_weir({"plan"}).code == 2);
  CHECK(run_weir({"plan", good, good, good}).code == 2);
  CHECK(run_weir({"plan", "--admin", "127.0.0.1:1", good, good}).code == 2);
  const Finished nobody = run_weir({"plan", "--admin", "127.0.0.1:1", good});
  CHECK(nobody.code == 1);
  CHECK(contains(nobody.err, "weir plan: no weir answers on 127.0.0.1:1"));
}

TEST_CASE("plan compares a file with what a daemon runs, and changes nothing") {
  const Backend backend;
  const TemporaryDirectory directory;
  const std::string page = directory.write("page.html", "soon");
  const std::string rules = kPlannedRules +
                            "      - { name: soon, match: { path: /soon }, respond: { body_file: " + page +
                            " } }\n";
  Daemon weir(web_to(backend.address(), rules));
  const auto live = [&](const std::string& file) {
    return run_weir({"plan", "--admin", weir.admin_address(), file});
  };
  const Finished same = live(weir.file());
  CHECK(same.code == 0);
  CHECK(same.err.empty());
  CHECK(same.out == "no changes\n");
  const std::string running = read_file(weir.file());
  const std::string next = directory.write(
      "new.yaml", edited(running, backend.address(), backend.address() + "\", \"127.0.0.1:1"));
  const Finished more = live(next);
  CHECK(more.code == 0);
  CHECK(more.out == "+ target group app: 127.0.0.1:1\n");
  CHECK(live(weir.file()).out == "no changes\n");
}

TEST_CASE("a secret header is in no answer, and its hiding is no change") {
  const Backend backend;
  const Daemon weir(web_to(backend.address(),
                           kPlannedRules + "      - { name: b, headers: { request: { set: { Authorization: "
                                           "Basic c2VjcmV0 } } }, forward: app }\n"));
  const std::string shown = weir.admin("/api/v1/config").body;
  CHECK_FALSE(contains(shown, "c2VjcmV0"));
  CHECK(contains(shown, "\"***\""));
  const Finished same = run_weir({"plan", "--admin", weir.admin_address(), weir.file()});
  CHECK(same.out == "no changes\n");
}

TEST_CASE("the endpoint plans from what runs to the document that it gets") {
  const Backend backend;
  Daemon weir(web_to(backend.address(), kPlannedRules));
  const std::string running = read_file(weir.file());
  const Answer same = post_plan(weir, running);
  CHECK(same.status == 200);
  CHECK(Json::parse(same.body) == Json{{"changes", Json::array()}, {"total", 0}, {"needs_restart", false}});
  CHECK(post_plan(weir, weir.admin("/api/v1/config").body).body == same.body);
  const Answer other = post_plan(weir, edited(running, "status: 200", "status: 404"));
  CHECK(other.status == 200);
  CHECK(other.field("Content-Type") == "application/json");
  CHECK(Json::parse(other.body)["changes"][0] == Json{{"subject", "listener web"},
                                                      {"kind", "changed"},
                                                      {"text", "rule 'api': respond.status: 200 -> 404"},
                                                      {"needs_restart", false}});
}

TEST_CASE("the endpoint refuses what is no configuration, and reads no file and no environment for it") {
  const Backend backend;
  Daemon weir(web_to(backend.address(), kPlannedRules));
  const std::string running = read_file(weir.file());
  CHECK(post_plan(weir, "").status == 400);
  const auto refused = [&](const std::string& document) {
    const Answer answer = post_plan(weir, document);
    CHECK(answer.status == 422);
    CHECK(answer.field("Content-Type") == "application/problem+json");
    return Json::parse(answer.body);
  };
  const Json misspelt = refused(running + "rulez: 1\n");
  CHECK(misspelt["detail"] == "the configuration is not valid: 1 error");
  CHECK(misspelt["diagnostics"][0]["id"] == "unknown-key");
  CHECK(refused("include: /etc/passwd\n" + running)["diagnostics"][0]["id"] == "include-alone");
  CHECK(refused(running + "secrets: { cookie_keys_file: \"${HOME}\" }\n")["diagnostics"][0]["id"] ==
        "variable-unset");
  const Answer body_file =
      post_plan(weir, edited(running, "respond: { status: 200 }", "respond: { body_file: /no/such/file }"));
  CHECK(body_file.status == 200);
  CHECK(contains(body_file.body, "respond.body_file: off -> /no/such/file"));
}
