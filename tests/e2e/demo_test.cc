// `weir demo`, as a newcomer meets it.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <map>
#include <set>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

// The word after `mark` in what the demo says.
std::string after(const std::string& text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  REQUIRE_MESSAGE(at != std::string::npos, mark, " in ", text);
  const std::size_t begin = text.find_first_not_of(' ', at + mark.size());
  return text.substr(begin, text.find_first_of(" \n", begin) - begin);
}

// The lines that it proposes.
std::vector<std::string> proposals(const std::string& text) {
  std::vector<std::string> result;
  bool begun = false;
  for (const std::string& line : lines_of(text)) {
    if (begun && line.empty()) break;
    if (begun) result.push_back(line.substr(line.find_first_not_of(' ')));
    begun = begun || line.starts_with("Try");
  }
  return result;
}

std::set<std::string> words_after(const std::string& text, std::string_view mark) {
  std::set<std::string> result;
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos;) {
    at += mark.size();
    result.insert(text.substr(at, text.find_first_of(" .\n", at) - at));
  }
  return result;
}

}  // namespace

TEST_CASE("the demo starts, and what it proposes to try works") {
  Process demo(command({"demo", "--port", "0", "--admin-port", "0"}));
  REQUIRE(eventually([&] { return demo.out().find("Ctrl-C") != std::string::npos || !demo.running(); }));
  const std::string said = demo.out();
  INFO(said << demo.err());
  REQUIRE(demo.running());
  const std::string url = after(said, "The load balancer:");
  const std::string admin = after(said, "Its admin API:");
  CHECK(url.starts_with("http://127.0.0.1:"));
  CHECK(admin.starts_with("http://127.0.0.1:"));
  CHECK(url != admin);

  const std::vector<std::string> lines = proposals(said);
  REQUIRE(lines.size() == 3);
  std::vector<std::string> outputs;
  for (const std::string& line : lines) {
    INFO(line);
    const Finished tried = run({"sh", "-c", line});
    INFO(tried.err);
    CHECK(tried.code == 0);
    outputs.push_back(tried.out);
  }
  CHECK(outputs[0].starts_with("It is "));
  CHECK(!words_after(outputs[0], "says ").empty());
  CHECK(outputs[1].find("az-1") != std::string::npos);
  CHECK(outputs[2].find("clock-1") != std::string::npos);

  // A zone has been shifted away, and nobody sees an error.
  std::string shown;
  for (int i = 0; i < 40; ++i) {
    const Answer answer = fetch(url.substr(7), "/");
    CHECK(answer.status == 200);
    shown += answer.body + "\n";
  }
  INFO(shown);
  CHECK(words_after(shown, "zone ") == std::set<std::string>{"az-2", "az-3"});

  const Json status = Json::parse(fetch(admin.substr(7), "/api/v1/status").body);
  std::map<std::string, int> zones;
  for (const Json& target : status["target_groups"][0]["targets"]) ++zones[target["zone"]];
  CHECK(zones == std::map<std::string, int>{{"az-1", 2}, {"az-2", 2}, {"az-3", 1}});

  demo.signal(SIGINT);  // Ctrl-C
  CHECK(demo.wait() == 0);
}

TEST_CASE("the configuration that the demo prints is one that weir takes") {
  Process demo(command({"demo", "--port", "0", "--admin-port", "0"}));
  REQUIRE(eventually([&] { return demo.out().find("Ctrl-C") != std::string::npos; }));
  const std::string said = demo.out();
  const std::size_t begin = said.find("process:");
  const std::string yaml = said.substr(begin, said.find("\n\n", begin) + 1 - begin);
  const TemporaryDirectory directory;
  const Finished check = run_weir({"check", "-c", directory.write("demo.yaml", yaml)});
  INFO(check.out);
  CHECK(check.code == 0);
  CHECK(check.out.find("1 listener, 1 target group, 5 targets") != std::string::npos);
  demo.signal(SIGTERM);
  CHECK(demo.wait() == 0);
}

TEST_CASE("a demo whose port is taken says which, and what to do") {
  const Backend other;
  const Finished demo = run_weir({"demo", "--port", other.port(), "--admin-port", "0"});
  CHECK(demo.code == 1);
  CHECK(demo.out == "");
  CHECK(demo.err.find("127.0.0.1:" + other.port() + ": the address is in use by another process") !=
        std::string::npos);
  CHECK(demo.err.find("weir demo --port") != std::string::npos);
}
