// The load generator as a black box: against backends whose delays are known, beside wrk, and in trouble.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <csignal>
#include <regex>

#include "tests/e2e/bench.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

// Whether two latencies are the same, by the measure of the harness: 2 %.
bool agree(double a, double b) { return std::abs(a - b) <= 0.02 * b; }

// The percentiles of a run of wrk, in microseconds.
double wrk_percentile(const std::string& out, const std::string& name) {
  std::smatch found;
  REQUIRE(std::regex_search(out, found, std::regex(name + R"(%\s+([0-9.]+)(us|ms|s)\b)")));
  return std::stod(found[1]) * (found[2] == "us" ? 1 : found[2] == "ms" ? 1e3 : 1e6);
}

std::uint64_t errors(const Json& report, const char* kind) {
  return report["errors"].value(kind, std::uint64_t{0});
}

}  // namespace

TEST_CASE("latencies of a closed loop are those of the backend, and agree with wrk's") {
  const BenchBackend backend({"--delay", "50ms"});
  const Json report = load({backend.url(), "-c", "8", "-d", "2s", "--warmup", "200ms"});
  const Json& latency = report["latency_microseconds"];
  CHECK(latency["min"] >= 50'000);
  CHECK(report["failed"] == 0);
  CHECK(report["requests"] > 0);
  CHECK(report["statuses"]["200"] == report["requests"]);
  if (kSanitized) return;

  const Finished wrk = run({"wrk", "-t1", "-c8", "-d2s", "--latency", backend.url()});
  CAPTURE(wrk.out);
  CHECK(agree(latency["p50"], 50'000));
  CHECK(agree(latency["p50"], wrk_percentile(wrk.out, "50")));
  CHECK(agree(latency["p90"], wrk_percentile(wrk.out, "90")));
}

TEST_CASE("latencies of an open loop count from the time when each request was due") {
  // One connection and 50 ms for each answer, but one request is due every 25 ms: number k, due at 25 k, is
  // answered at 50 (k + 1) and so has waited 50 + 25 k.
  const BenchBackend backend({"--delay", "50ms"});
  const Json report = load({backend.url(), "-c", "1", "-d", "1s", "--warmup", "0s", "--rate", "40"});
  const Json& latency = report["latency_microseconds"];
  CHECK(report["requests"] == 40);
  CHECK(report["delayed"] == 39);
  CHECK(latency["min"] >= 50'000);
  CHECK(latency["p50"] >= 50'000 + 19 * 25'000);
  CHECK(latency["max"] >= 50'000 + 39 * 25'000);
  CHECK(report["limited_by"] != "rate");
  if (kSanitized) return;
  CHECK(agree(latency["mean"], 50'000 + 19.5 * 25'000));
  CHECK(agree(latency["p50"], 50'000 + 19 * 25'000));
  CHECK(agree(latency["max"], 50'000 + 39 * 25'000));
}

TEST_CASE("an open loop keeps its rate, and its ramp") {
  const BenchBackend backend({});
  const Json even = load({backend.url(), "-d", "1s", "--warmup", "100ms", "--rate", "500", "-t", "2"});
  CHECK(even["requests"] == 500);
  CHECK(even["mode"] == "open");
  // From 100 to 300 within a second: 200 in the middle.
  const Json ramp = load({backend.url(), "-d", "1s", "--warmup", "100ms", "--rate", "100-300"});
  CHECK(ramp["requests"] >= 199);
  CHECK(ramp["requests"] <= 201);
}

TEST_CASE("what an open loop never gets an answer to is counted, with the time that it waited") {
  const BenchBackend backend({"--delay", "60s"});
  const Json report = load({backend.url(), "-c", "2", "-d", "500ms", "--warmup", "0s", "--rate", "100"}, 1);
  CHECK(report["requests"] == 0);
  CHECK(errors(report, "unanswered") == 50);
  CHECK(report["failed"] == 50);
  CHECK(report["latency_microseconds"]["min"] >= 1'500'000);
}

TEST_CASE("several URLs share the load by their weights") {
  const BenchBackend backend({});
  const Json report =
      load({backend.url("/status/200"), backend.url("/status/404"), "--weights", "3,1", "-d", "1s"});
  const double often = report["statuses"]["200"];
  const double seldom = report["statuses"]["404"];
  REQUIRE(often + seldom > 400);
  CHECK(often / (often + seldom) > 0.65);
  CHECK(often / (often + seldom) < 0.85);
}

TEST_CASE("bodies go both ways, of any size") {
  const BenchBackend backend({"--body", "1MiB"});
  const Json report = load({backend.url(), "-c", "2", "-d", "1s", "--body", "3MiB"});
  const std::uint64_t requests = report["requests"];
  REQUIRE(requests > 0);
  CHECK(report["failed"] == 0);
  CHECK(report["bytes_received"] > requests << 20);
  CHECK(report["bytes_sent"] > requests * 3 << 20);
}

TEST_CASE("a new connection for each request") {
  const BenchBackend backend({});
  const Json report = load({backend.url(), "-c", "4", "-d", "500ms", "--close"});
  CHECK(report["requests"] > 0);
  CHECK(report["failed"] == 0);
}

TEST_CASE("WebSocket messages come back") {
  const BenchBackend backend({});
  std::string url = backend.url("/chat");
  url.replace(0, 4, "ws");
  const Json report = load({url, "-c", "4", "-d", "500ms", "--body", "1000"});
  CHECK(report["requests"] > 0);
  CHECK(report["failed"] == 0);
  // Each message has a header of four bytes, and eight with its mask; the handshake is counted too.
  const std::uint64_t messages = report["requests"];
  CHECK(report["bytes_received"] >= 1004 * messages);
  CHECK(report["bytes_received"] < 1004 * messages + 4 * 1000);
  CHECK(report["bytes_sent"] >= 1008 * messages);
}

TEST_CASE("a server that refuses WebSockets has answered no message") {
  const Backend server;
  const Json report =
      load({"ws://" + server.address() + "/name", "-c", "2", "-d", "500ms", "--warmup", "0s"}, 1);
  CHECK(report["requests"] == 0);
  CHECK(errors(report, "upgrade_refused") > 0);
}

TEST_CASE("an overloaded open loop says what the server did in the window, and no more") {
  const BenchBackend backend({"--delay", "20ms"});
  const Json report = load({backend.url(), "-c", "2", "-d", "500ms", "--warmup", "0s", "--rate", "1000"});
  CHECK(report["requests_per_second"] <= 100);  // two connections and 20 ms
}

TEST_CASE("a run that is told to end reports what it has measured") {
  const Backend server;
  Process run({{WEIR_BENCH_BINARY, "run", "http://" + server.address() + "/name", "-c", "2", "-d", "60s",
                "--warmup", "0s", "--json", "-"}});
  REQUIRE(eventually([&] { return server.requests() > 100; }));
  run.signal(SIGINT);
  CHECK(run.wait() == 130);
  const Json report = Json::parse(run.out());
  CHECK(report["requests"] >= 90);  // the last ones are under way
  CHECK(report["duration_seconds"] < 60);
}

TEST_CASE("errors are counted by their kind") {
  const struct {
    std::vector<std::string> backend;
    const char* kind;
  } cases[] = {
      {{"--error-rate", "1", "--error-kind", "close"}, "target_closed"},
      {{"--error-rate", "1", "--error-kind", "reset"}, "target_reset"},
      {{"--delay", "60s"}, "response_timeout"},
  };
  for (const auto& [arguments, kind] : cases) {
    CAPTURE(kind);
    const BenchBackend backend(arguments);
    const Json report =
        load({backend.url(), "-c", "2", "-d", "1s", "--warmup", "0s", "--timeout", "300ms"}, 1);
    CHECK(report["requests"] == 0);
    CHECK(errors(report, kind) > 0);
    CHECK(report["failed"] == errors(report, kind));
  }
}

TEST_CASE("answers with a server's error are failures, but answers") {
  const BenchBackend backend({"--error-rate", "1"});
  const Json report = load({backend.url(), "-d", "300ms"});
  CHECK(report["failed"] == report["requests"]);
  CHECK(report["errors"].empty());
}

TEST_CASE("a server that refuses connections is asked again and again, but not in a hurry") {
  const Json report =
      load({"http://127.0.0.1:" + free_port() + "/", "-c", "2", "-d", "1s", "--warmup", "0s"}, 1);
  CHECK(errors(report, "connect_refused") > 2);
  CHECK(errors(report, "connect_refused") < 30);
}

TEST_CASE("a server that dies under the load is an error, and no more") {
  BenchBackend backend({"--die-after", "50"});
  const Json report = load({backend.url(), "-c", "4", "-d", "2s", "--warmup", "0s"});
  CHECK(report["requests"] >= 40);
  CHECK(report["requests"] <= 50);
  CHECK(errors(report, "connect_refused") > 0);
}

TEST_CASE("each virtual user keeps its cookies") {
  const BenchBackend backend({"--header", "Set-Cookie: a=1; Path=/", "--header", "Set-Cookie: b=2"});
  const Json without = load({backend.url(), "-c", "1", "-d", "300ms", "--warmup", "300ms"});
  const Json with = load({backend.url(), "-c", "1", "-d", "300ms", "--warmup", "300ms", "--cookies"});
  const auto sent_each = [](const Json& report) {
    return report["bytes_sent"].get<std::uint64_t>() / report["requests"].get<std::uint64_t>();
  };
  CHECK(sent_each(with) - sent_each(without) == std::string_view("Cookie: a=1; b=2\r\n").size());
}

TEST_CASE("the text report goes to standard output, the JSON into a file") {
  BenchBackend backend({});
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/report.json";
  const Finished finished =
      run_bench({"run", backend.url(), "-d", "300ms", "--warmup", "0s", "--json", file});
  CHECK(finished.code == 0);
  CHECK(finished.err.empty());
  CHECK(finished.out.find("latency\n") != std::string::npos);
  CHECK(finished.out.find("target: ") != std::string::npos);
  CHECK(Json::parse(read_file(file))["processes"]["cpu_microseconds_per_request"] > 0);
}

TEST_CASE("a run that cannot be made says why") {
  const auto refusal = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "run");
    const Finished finished = run_bench(arguments);
    CHECK(finished.code == 2);
    CHECK(finished.out.empty());
    return finished.err;
  };
  CHECK(refusal({"http://no-such-host.invalid/"}).find("cannot find no-such-host.invalid") !=
        std::string::npos);
  CHECK(refusal({"http://127.0.0.1/", "--streams", "2"}).find("--streams needs --http2") !=
        std::string::npos);
  CHECK(refusal({"http://127.0.0.1/", "--json", "/no/such/directory/x"}).find("cannot write") !=
        std::string::npos);
  CHECK(refusal({"http://127.0.0.1/", "--header-file", "tests"}).find("--header-file") != std::string::npos);
  CHECK(refusal({"http://127.0.0.1/", "--process", "4194305"}).find("there is no process") !=
        std::string::npos);
  CHECK(refusal({"http://127.0.0.1/", "-c", "900000"}).find("open files, and the limit is") !=
        std::string::npos);
}
