// `weir demo`, as a newcomer meets it.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <chrono>
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

// Of requests, in what the users say: 3600 for "users: 3 600 requests".
int number_of(const std::string& line) {
  std::string digits;
  for (const char c : line.substr(0, line.find(" requests"))) {
    if (c >= '0' && c <= '9') digits += c;
  }
  return digits.empty() ? 0 : std::stoi(digits);
}

std::set<std::string> words_after(const std::string& text, std::string_view mark) {
  std::set<std::string> result;
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos;) {
    at += mark.size();
    result.insert(text.substr(at, text.find_first_of(" .\n", at) - at));
  }
  return result;
}

// The demo's, on ports that are free; ready when the constructor returns.
struct Demo {
  explicit Demo(std::vector<std::string> more = {}) : process(command(arguments(std::move(more)))) {
    eventually([&] { return process.out().find("Ctrl-C") != std::string::npos || !process.running(); });
    said = process.out();
    REQUIRE_MESSAGE(process.running(), said, process.err());
    address = after(said, "The load balancer:").substr(std::string_view("http://").size());
    admin = after(said, "Its admin API:").substr(std::string_view("http://").size());
  }

  static std::vector<std::string> arguments(std::vector<std::string> more) {
    std::vector<std::string> all{"demo", "--port", "0", "--admin-port", "0"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  // The states of the targets of each zone.
  std::map<std::string, std::set<std::string>> zones() const {
    const Finished targets = run_weir({"targets", "--json", "--admin", admin});
    REQUIRE_MESSAGE(targets.code == 0, targets.err);
    std::map<std::string, std::set<std::string>> result;
    const Json document = Json::parse(targets.out);
    for (const Json& group : document["target_groups"]) {
      for (const Json& target : group["targets"]) result[target["zone"]].insert(target["state"]);
    }
    return result;
  }

  Process process;
  std::string said;
  std::string address;
  std::string admin;
};

using States = std::set<std::string>;

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
  REQUIRE(lines.size() == 4);
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
  CHECK(outputs[3].find("clock-1") != std::string::npos);
  for (const std::string& line : lines_of(said)) {
    if (line.find(binary()) == std::string::npos) CHECK_MESSAGE(line.size() <= 80, line);
  }
  CHECK(fetch(admin.substr(7), "/").status == 200);  // the dashboard that it names
  CHECK(after(said, "Its dashboard:") == admin + "/");

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

TEST_CASE("a zone of the demo breaks and is mended again, and its users see no error") {
  const auto began = std::chrono::steady_clock::now();
  Demo demo;
  INFO(demo.said);
  const std::string breaks = after(demo.said, "for 60 s:"), mends = after(demo.said, "you mend it:");
  CHECK(breaks == "http://" + demo.address + "/break/az-2");
  CHECK(mends == "http://" + demo.address + "/heal/az-2");
  const States healthy{"healthy"}, unhealthy{"unhealthy"};
  REQUIRE(eventually([&] { return demo.zones()["az-2"] == healthy; }));

  const Answer broken = fetch(demo.address, "/break/az-2");
  CHECK(broken.status == 200);
  CHECK(broken.body.find("Zone az-2 is broken") != std::string::npos);
  CHECK(broken.body.find("href=\"http://" + demo.admin + "/\"") != std::string::npos);
  CHECK(eventually([&] { return demo.zones()["az-2"] == unhealthy; }));
  CHECK(demo.zones()["az-1"] == healthy);
  CHECK(demo.zones()["az-3"] == healthy);
  for (int i = 0; i < 20; ++i) CHECK(fetch(demo.address, "/").status == 200);

  CHECK(fetch(demo.address, "/heal/az-2").body.find("Zone az-2 works again") != std::string::npos);
  CHECK(eventually([&] { return demo.zones()["az-2"] == healthy; }));
  CHECK(eventually([&] { return demo.process.out().find("\nusers: ") != std::string::npos; }));

  demo.process.signal(SIGINT);
  CHECK(demo.process.wait() == 0);
  const std::string last = lines_of(demo.process.out()).back();
  CHECK_MESSAGE(last.starts_with("users: "), last);
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const int requests = number_of(last);
  CHECK(requests > 0);
  CHECK(requests <= 60 * (took + 1));
  CHECK_MESSAGE(last.find(" requests, 0 errors, slowest ") != std::string::npos, last);
}

TEST_CASE(
    "where all zones of the demo are broken they can still be mended, and its users say what they saw") {
  Demo demo;
  const States healthy{"healthy"}, unhealthy{"unhealthy"};
  REQUIRE(eventually([&] { return demo.zones()["az-3"] == healthy; }));
  for (const char* const zone : {"az-1", "az-2", "az-3"}) {
    CHECK(fetch(demo.address, std::string("/break/") + zone).status == 200);
  }
  CHECK(fetch(demo.address, "/").status >= 500);
  CHECK(eventually([&] { return demo.zones()["az-3"] == unhealthy; }));
  for (const char* const zone : {"az-1", "az-2", "az-3"}) {
    CHECK(fetch(demo.address, std::string("/heal/") + zone).status == 200);
  }
  CHECK(fetch(demo.address, "/").status == 200);
  demo.process.signal(SIGTERM);
  CHECK(demo.process.wait() == 0);
  const std::string last = lines_of(demo.process.out()).back();
  CHECK_MESSAGE(last.starts_with("users: "), last);
  CHECK_MESSAGE(last.find(" requests, 0 errors") == std::string::npos, last);
}

TEST_CASE("a demo can be had without users") {
  Demo demo({"--no-users"});
  CHECK(fetch(demo.address, "/").status == 200);
  demo.process.signal(SIGINT);
  CHECK(demo.process.wait() == 0);
  CHECK(demo.process.out() == demo.said);
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
