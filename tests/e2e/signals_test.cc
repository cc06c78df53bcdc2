// Signals that tell weir something and do not end it.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <cstdio>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"
#include "tests/support/contains.h"

using namespace weir::e2e;
using weir::test::contains;

namespace {

constexpr int kNotices[] = {SIGHUP, SIGUSR1, SIGUSR2};
constexpr int kHarmless[] = {SIGHUP, SIGUSR1};  // no other process comes of them

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// What a process blocks (SigBlk) or takes (SigCgt).
bool has_signals(pid_t pid, std::string_view mask) {
  const std::string status = read_file(fmt::format("/proc/{}/status", pid));
  const std::size_t at = status.find(fmt::format("{}:\t", mask));
  if (at == std::string::npos) return false;
  const std::uint64_t bits = std::stoull(status.substr(at + mask.size() + 2), nullptr, 16);
  for (const int number : kNotices) {
    if ((bits >> (number - 1) & 1) == 0) return false;
  }
  return true;
}

// Takes its time to be read.
std::string many_targets() {
  std::string yaml = "  more:\n    targets:\n";
  for (int i = 0; i < 20'000; ++i) yaml += fmt::format("      - 10.0.{}.{}:80\n", i / 250, i % 250 + 1);
  return yaml;
}

}  // namespace

TEST_CASE("SIGHUP without a change, and SIGUSR1 without a log file, say so and change nothing") {
  Backend backend;
  Daemon weir(web_to(backend.address()));
  Connection client(weir.address());
  client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(eventually([&] { return backend.requests() == 1; }));
  for (const int number : kHarmless) weir.process().signal(number);
  for (const std::string_view line :
       {"configuration read again (SIGHUP): no changes", "SIGUSR1: there is no log file to reopen"}) {
    CHECK_MESSAGE(eventually([&] { return contains(weir.log(), line); }), line);
  }
  backend.release();
  CHECK(client.answer().status == 200);
  CHECK(fetch(weir.address(), "/name").status == 200);
  CHECK(weir.access_log(2).size() == 2);
}

TEST_CASE("signals that come while weir starts do not end it, and are taken when it serves") {
  const TemporaryDirectory directory;
  const std::string file = directory.write(
      "weir.yaml", "admin: { bind: off }\n" + web_to("127.0.0.1:9") + many_targets() + kNoState);
  Process weir(command({"run", "-c", file}));
  REQUIRE(eventually([&] { return has_signals(weir.pid(), "SigBlk") || !weir.running(); }));
  CHECK_FALSE(contains(weir.err(), "serving with"));
  for (const int number : kHarmless) weir.signal(number);
  REQUIRE(eventually([&] { return contains(weir.err(), "serving with") || !weir.running(); }));
  CHECK(eventually([&] { return contains(weir.err(), "(SIGHUP)") && contains(weir.err(), "SIGUSR1: "); }));
  weir.signal(SIGTERM);
  CHECK(weir.wait() == 0);
}

TEST_CASE("signals that come while weir stops do not end it") {
  Backend backend;
  Daemon weir("process: { shutdown_grace: 30s }\n" + web_to(backend.address()));
  Connection client(weir.address());
  client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(eventually([&] { return backend.requests() == 1; }));
  weir.process().signal(SIGTERM);
  REQUIRE(eventually([&] { return contains(weir.log(), "stopping: "); }));
  for (const int number : kNotices) weir.process().signal(number);
  backend.release();
  CHECK(client.answer().status == 200);
  client = Connection(-1);
  CHECK(weir.process().wait() == 0);
  CHECK(contains(weir.log(), "SIGHUP: "));
  CHECK(contains(weir.log(), "stopped"));
}

TEST_CASE("SIGUSR1 opens the access log anew after its file was renamed") {
  const Backend backend;
  Daemon weir("log: { access: { output: \"{dir}/access.log\" } }\n" + web_to(backend.address()));
  const std::string now = weir.directory().path("access.log");
  const std::string before = weir.directory().path("access.log.1");
  CHECK(fetch(weir.address(), "/first").status == 200);
  REQUIRE(eventually([&] { return lines_of(read_file(now)).size() == 1; }));

  REQUIRE(std::rename(now.c_str(), before.c_str()) == 0);
  CHECK(fetch(weir.address(), "/second").status == 200);
  CHECK(eventually([&] { return lines_of(read_file(before)).size() == 2; }));

  weir.process().signal(SIGUSR1);
  REQUIRE(eventually([&] { return std::filesystem::exists(now); }));
  CHECK(contains(weir.log(), "SIGUSR1: reopening the access log, " + now));
  CHECK(fetch(weir.address(), "/third").status == 200);
  CHECK(weir.stop() == 0);
  CHECK(json_lines(read_file(before)).size() == 2);
  const std::vector<Json> lines = json_lines(read_file(now));
  REQUIRE(lines.size() == 1);
  CHECK(contains(lines[0]["url"].get<std::string>(), "/third"));
}

TEST_CASE("the demo takes the signals as well, and ends with its terminal") {
  Process demo(command({"demo", "--port", "0", "--admin-port", "0"}));
  REQUIRE(eventually([&] { return contains(demo.out(), "Ctrl-C") || !demo.running(); }));
  for (const int number : {SIGUSR1, SIGUSR2}) demo.signal(number);
  REQUIRE(eventually([&] { return count(demo.err(), "SIGUSR2: ") == 1 || !demo.running(); }));
  CHECK(demo.running());
  demo.signal(SIGHUP);
  CHECK(demo.wait() == 0);
}
