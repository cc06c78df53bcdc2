// The comparison as a black box: weir next to nginx, in rounds so short that only the machinery is tested.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/e2e/bench.h"
#include "tests/support/contains.h"

using namespace weir::e2e;
using weir::test::contains;

namespace {

std::vector<std::string> comparison(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {WEIR_BENCH_BINARY, "compare", "--weir", binary()});
  return arguments;
}

// How many processes have the directory in their command line.
std::size_t users_of(const std::string& directory) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    if (contains(read_file((entry.path() / "cmdline").string()), directory)) ++count;
  }
  return count;
}

// A comparison that would run for minutes, and whose proxies run already.
struct LongComparison {
  LongComparison()
      : process({.arguments = comparison({"--peers", "nginx", "--workload", "small", "--seconds", "60"}),
                 .environment = {{"TMPDIR", directory.path()}}}) {
    REQUIRE(eventually([&] { return contains(process.err(), "round 1 of 6") && users_of(scratch()) > 1; }));
  }

  std::string scratch() const { return directory.path() + "/weir-bench-"; }
  bool nothing_runs() const {
    return eventually([&] { return users_of(scratch()) == 0; });
  }

  TemporaryDirectory directory;
  Process process;
};

}  // namespace

TEST_CASE("weir is compared with nginx, and the report says how") {
  const TemporaryDirectory directory;
  const std::string report = directory.path() + "/report";
  const Finished finished =
      run(comparison({"--peers", "nginx", "--workload", "small,websocket,dying-target", "--quick", "--rounds",
                      "1", "--seconds", "0.5", "--report", report}));
  INFO(finished.out << finished.err);
  REQUIRE(finished.code == 0);
  CHECK(contains(finished.out, "## small: GET of 128 B"));
  CHECK(contains(finished.out, "| weir / |"));
  CHECK(contains(finished.out, "not judged"));
  for (const char* const file : {"cpu.svg", "latency-small.svg", "latency-dying-target.svg"}) {
    CAPTURE(file);
    CHECK(contains(read_file(report + "/" + file), "</svg>"));
    CHECK(contains(read_file(report + "/report.md"), fmt::format("({})", file)));
  }
  const Json json = Json::parse(read_file(report + "/results.json"));
  REQUIRE(json["measurements"].size() == 6);
  for (const Json& one : json["measurements"]) {
    CAPTURE(one.dump());
    REQUIRE(one["problem"].is_null());
    CHECK(one["load"]["requests"] > 0);
    // Where a target is killed, what is under way to it may be lost.
    if (one["workload"] != "dying-target") CHECK(one["load"]["failed"] == 0);
    CHECK(one["load"]["proxy_cpu"]["busy"] > 0);
    CHECK(one["load_core_busy"] > 0);
  }
}

TEST_CASE("a zone is lost and comes back, and it is told what that cost") {
  const TemporaryDirectory directory;
  const std::string report = directory.path() + "/report";
  const Finished finished = run(comparison({"--peers", "nginx", "--workload", "lost-zone", "--rounds", "1",
                                            "--seconds", "3", "--report", report}));
  INFO(finished.out << finished.err);
  REQUIRE(finished.code == 0);
  CHECK(contains(finished.out, "longest"));
  const Json json = Json::parse(read_file(report + "/results.json"));
  REQUIRE(json["measurements"].size() == 2);
  for (const Json& one : json["measurements"]) {
    CAPTURE(one.dump());
    REQUIRE(one["problem"].is_null());
    CHECK(one["load"]["requests"] > 0);
    CHECK(one["load"]["latency_microseconds"]["max"] > 0);
    if (one["peer"] == "weir") CHECK(one["load"]["failed"] == 0);
  }
}

TEST_CASE("the memory of idle clients is compared") {
  const TemporaryDirectory directory;
  const std::string report = directory.path() + "/report";
  const Finished finished =
      run(comparison({"--peers", "nginx", "--workload", "idle", "--rounds", "1", "--report", report}));
  INFO(finished.out << finished.err);
  REQUIRE(finished.code == 0);
  const Json json = Json::parse(read_file(report + "/results.json"));
  REQUIRE(json["measurements"].size() == 2);
  for (const Json& one : json["measurements"]) {
    CAPTURE(one.dump());
    CHECK(one["bytes_per_client"] > 100);
    if (!kSanitized) CHECK(one["bytes_per_client"] < 20'000);  // a sanitizer's own memory counts too
  }
}

TEST_CASE("weir is compared with nginx over TLS, by HTTP/2 and in handshakes") {
  const TemporaryDirectory directory;
  const std::string report = directory.path() + "/report";
  const Finished finished =
      run(comparison({"--peers", "nginx", "--workload", "tls,h2,handshake,handshake-rsa,resume", "--rounds",
                      "1", "--seconds", "0.5", "--report", report}));
  INFO(finished.out << finished.err);
  REQUIRE(finished.code == 0);
  const Json json = Json::parse(read_file(report + "/results.json"));
  REQUIRE(json["measurements"].size() == 10);
  for (const Json& one : json["measurements"]) {
    CAPTURE(one.dump());
    REQUIRE(one["problem"].is_null());
    CHECK(one["load"]["requests"] > 0);
    CHECK(one["load"]["failed"] == 0);
  }
}

TEST_CASE("who is not installed is named and left out") {
  const Finished finished = run({.arguments = comparison({"--peers", "caddy", "--workload", "small",
                                                          "--quick", "--rounds", "1", "--seconds", "0.1"}),
                                 .environment = {{"PATH", "/nowhere"}}});
  INFO(finished.out << finished.err);
  CHECK(finished.code == 0);
  CHECK(contains(finished.err, "not installed, left out: caddy\n"));
  CHECK(contains(finished.out, "nothing to compare with"));
}

TEST_CASE("a peer that does not start is left out, with what it says") {
  const TemporaryDirectory directory;
  std::filesystem::copy(source("bench/peers"), directory.path() + "/peers");
  std::ofstream(directory.path() + "/peers/nginx.conf") << "nonsense;\n";
  const Finished finished =
      run(comparison({"--peers", "nginx", "--workload", "small", "--quick", "--rounds", "1", "--seconds",
                      "0.1", "--peers-dir", directory.path() + "/peers"}));
  INFO(finished.out << finished.err);
  CHECK(finished.code == 0);
  CHECK(contains(finished.out, "* nginx is left out: nginx ended with 1: "));
  CHECK(contains(finished.out, "unknown directive \"nonsense\""));
}

TEST_CASE("what cannot be is refused before anything starts") {
  struct Row {
    std::vector<std::string> arguments;
    const char* message;
  };
  const Row rows[] = {
      {{"--workload", "smal"}, "unknown workload 'smal'; did you mean 'small'?"},
      {{"--peers", "ngnix"}, "unknown peer 'ngnix'; did you mean 'nginx'?"},
      {{"--cores", "0"}, "--cores: expected the cores of proxy, load and targets, such as 0,1,2"},
      {{"--weir", "/nowhere/weir"}, "there is no weir beside weir-bench nor in PATH: say --weir PATH"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    auto arguments = row.arguments;
    arguments.insert(arguments.begin(), "compare");
    const Finished finished = run_bench(arguments);
    CHECK(finished.code == 2);
    CHECK(finished.err == fmt::format("weir-bench: {}\n", row.message));
  }
}

TEST_CASE("an interrupted comparison reports what it has, and leaves nothing behind") {
  LongComparison comparison;
  comparison.process.signal(SIGINT);
  CHECK(comparison.process.wait() == 130);
  CHECK(contains(comparison.process.out(), "it was interrupted"));
  CHECK(comparison.nothing_runs());
  CHECK(std::filesystem::is_empty(comparison.directory.path()));
}

TEST_CASE("nothing outlives a comparison that is killed") {
  LongComparison comparison;
  comparison.process.signal(SIGKILL);
  CHECK(comparison.process.wait() == 128 + SIGKILL);
  CHECK(comparison.nothing_runs());
}
