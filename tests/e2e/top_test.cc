// `weir top`, on a terminal and without one.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"
#include "tests/support/contains.h"

using namespace weir::e2e;
using weir::test::contains;

namespace {

std::string with_ids(const std::string& admin, const std::string& target) {
  return fmt::format(
      "process: {{ state_dir: off, workers: 1 }}\n"
      "admin: {{ bind: \"{}\" }}\n"
      "log: {{ access: {{ output: off }} }}\n"
      "listeners:\n"
      "  web: {{ bind: \"127.0.0.1:0\", rules: [ {{ name: api, match: {{ path: /v1/* }}, forward: app }} ], "
      "forward: app }}\n"
      "target_groups:\n"
      "  app: {{ targets: [ {{ address: \"{}\", id: app-1, zone: az-1 }} ] }}\n",
      admin, target);
}

}  // namespace

TEST_CASE("weir top fits its terminal, heeds its keys, finds a daemon again and leaves no trace") {
  const Backend backend;
  const TemporaryDirectory directory;
  const std::string admin = "127.0.0.1:" + free_port();
  const std::string file = directory.write("weir.yaml", with_ids(admin, backend.address()));
  const Finished screen = run({kPython, source("tests/e2e/top_screen.py"), binary(), file, admin});
  CHECK_MESSAGE(screen.code == 0, screen.out, screen.err);
}

TEST_CASE(
    "without a terminal weir top prints one table that fits 80 columns, with --json a line each second") {
  const Backend backend;
  Daemon weir(with_ids("127.0.0.1:0", backend.address()));
  for (const auto& more : std::vector<std::vector<std::string>>{{}, {"--once"}}) {
    std::vector<std::string> arguments = {"top", "--admin", weir.admin_address()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished once = run_weir(arguments);
    INFO(once.out << once.err);
    CHECK(once.code == 0);
    for (const char* const part : {"req/s", "LISTENER", "app-1", "healthy"}) CHECK(contains(once.out, part));
    CHECK_FALSE(contains(once.out, "\x1b"));
    for (const std::string& line : lines_of(once.out)) CHECK_MESSAGE(line.size() <= 80, line);
  }
  const Finished one = run_weir({"top", "--admin", weir.admin_address(), "--json", "--once"});
  CHECK(json_lines(one.out).size() == 1);

  Process lines(command({"top", "--admin", weir.admin_address(), "--json"}));
  REQUIRE(eventually([&] { return lines_of(lines.out()).size() >= 2; }));
  const Json rates = json_lines(lines.out()).back();
  CHECK(rates["seconds"].get<double>() > 0.5);
  CHECK(rates["target_groups"][0]["targets"][0]["id"] == "app-1");
  lines.signal(SIGTERM);
  CHECK(lines.wait() == 128 + SIGTERM);
}

TEST_CASE("weir top counts requests and whose errors they were") {
  const Backend backend;
  Daemon weir(with_ids("127.0.0.1:0", backend.address()));
  Process lines(command({"top", "--admin", weir.admin_address(), "--json"}));
  REQUIRE(eventually([&] { return !lines_of(lines.out()).empty(); }));
  for (int i = 0; i < 10; ++i) CHECK(fetch(weir.address(), "/v1/name").status == 200);
  const auto sum = [&](auto read) {
    double all = 0;
    for (const Json& line : json_lines(lines.out()))
      all += read(line).template get<double>() * line["seconds"].get<double>();
    return all;
  };
  CHECK(eventually([&] { return sum([](const Json& line) { return line["requests"]; }) > 9.9; }));
  CHECK(eventually([&] { return sum([](const Json& line) { return line["rules"][0]["requests"]; }) > 9.9; }));
  CHECK(sum([](const Json& line) { return line["errors_by_weir"]; }) == 0);
  lines.signal(SIGTERM);
  lines.wait();
}

TEST_CASE("weir top says in one line that nobody answers") {
  for (const char* const option : {"--once", "--json"}) {
    const Finished nobody = run_weir({"top", "--admin", "127.0.0.1:" + free_port(), option});
    CHECK(nobody.code == 1);
    CHECK(nobody.out == "");
    CHECK(lines_of(nobody.err).size() == 1);
    CHECK(contains(nobody.err, "weir top: no weir answers on 127.0.0.1:"));
  }
}

TEST_CASE("weir top says in one line that what answers is no weir, and ends") {
  const Backend backend;
  const Daemon imposter(
      "process: { state_dir: off, workers: 1 }\n"
      "admin: { bind: \"127.0.0.1:0\" }\n"
      "log: { access: { output: off } }\n"
      "listeners:\n"
      "  web: { bind: \"127.0.0.1:0\", respond: { content_type: text/event-stream, "
      "body: \"event: live\\ndata: {}\\n\\n\" } }\n");
  for (const std::string& address : {backend.address(), imposter.address()}) {
    for (const char* const option : {"--once", "--json"}) {
      const Finished top = run_weir({"top", "--admin", address, option});
      INFO(top.err);
      CHECK(top.code == 1);
      CHECK(top.out == "");
      CHECK(lines_of(top.err).size() == 1);
      CHECK(contains(top.err, "weir top: " + address + " does not speak weir's live stream: "));
    }
  }
}

TEST_CASE("a command whose answer cannot be written ends with an error") {
  const Backend backend;
  const Daemon weir(with_ids("127.0.0.1:0", backend.address()));
  for (const char* const command : {"status", "targets", "top"}) {
    const Finished full = run({"/bin/sh", "-c", "exec \"$0\" \"$@\" >/dev/full", binary(), command, "--admin",
                               weir.admin_address()});
    CHECK_MESSAGE(full.code == 1, command, full.err);
  }
}
