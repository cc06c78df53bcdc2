// A binary that does not take over leaves the old process as it was.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <filesystem>

#include "tests/e2e/upgrade.h"
#include "tests/support/backend.h"
#include "tests/support/contains.h"

using namespace weir::e2e;
using weir::test::contains;

namespace {

namespace fs = std::filesystem;

}  // namespace

TEST_CASE("an upgrade that fails changes nothing, and the next one may succeed") {
  const Backend backend;
  const TemporaryDirectory directory;
  const std::string program = directory.path("weir");
  fs::copy_file(binary(), program);
  Upgrades upgrades(
      "process: { state_dir: \"{dir}/state\" }\n"
      "listeners: { web: { bind: \"unix:{dir}/web.sock\", forward: app } }\n"
      "target_groups: { app: { targets: [\"" +
          backend.address() + "\"] } }\n",
      {.program = program, .environment = {{"WEIR_UPGRADE_TIMEOUT", kSanitized ? "10" : "5"}}});
  Daemon& weir = upgrades.weir();
  const pid_t first = upgrades.newest();
  Connection client(weir.address());
  const auto serves = [&] {
    client.send("GET /name HTTP/1.1\r\nHost: a\r\n\r\n");
    const Answer answer = client.answer();
    CHECK(answer.status == 200);
    CHECK(answer.field("Connection").empty());
    CHECK(fetch(weir.address(), "/name").status == 200);
    CHECK(upgrades.newest() == first);
    CHECK(fs::exists(weir.directory().path("web.sock")));
  };
  const auto fails = [&](std::string_view why) {
    weir.process().signal(SIGUSR2);
    CHECK_MESSAGE(eventually([&] { return contains(weir.log(), fmt::format("upgrade failed: {}", why)); }),
                  weir.log());
    serves();
  };
  const auto replace = [&](const std::string& script) {
    fs::remove(program);
    directory.write("weir", script);
    fs::permissions(program, fs::perms::owner_all);
  };
  serves();
  replace("#!/bin/sh\nexit 7\n");
  fails("exit status 7");
  replace("#!/bin/sh\nkill -SEGV $$\n");
  fails("ended by signal 11");
  replace("#!/bin/sh\nexec sleep 60\n");
  fails("it does not serve in time");
  replace(
      "#!/usr/bin/python3\nimport os, socket\n"
      "s = "
      "socket.socket(fileno=int(os.environ['WEIR_UPGRADE']))\ns.setblocking(True)\ns.send(b'{[nonsense')"
      "\nimport time\n"
      "time.sleep(60)\n");
  fails("it says what makes no sense");
  replace(
      "#!/usr/bin/python3\nimport os, socket\n"
      "s = socket.socket(fileno=int(os.environ['WEIR_UPGRADE']))\ns.setblocking(True)\ns.send(b'{\"type\": "
      "\"hello\"}')\n"
      "while b'offered' not in s.recv(1 << 17): pass\n"
      "s.send(b'{\"type\": \"ready\"}')\n"
      "while b'\"type\":\"estate\"' not in s.recv(1 << 17): pass\nexit(3)\n");
  fails("exit status 3");
  fs::remove(program);
  fails(fmt::format("{} cannot be started: No such file or directory", program));
  fs::copy_file(binary(), program);

  const std::string good = read_file(weir.file());
  weir.directory().write("weir.yaml", good + "nonsense: 1\n");
  weir.process().signal(SIGUSR2);
  CHECK(eventually([&] { return contains(weir.log(), "upgrade failed: exit status 1;"); }));
  CHECK(contains(weir.log(), "weir.yaml:"));
  serves();
  weir.directory().write("weir.yaml", good);
  weir.process().signal(SIGUSR2);
  REQUIRE(eventually([&] { return upgrades.newest() != first; }));
  ::kill(upgrades.newest(), SIGTERM);
  CHECK(weir.process().wait() == 0);
}

TEST_CASE("SIGTERM ends the process that is about to take over, too") {
  const Backend backend;
  const TemporaryDirectory directory;
  const std::string program = directory.path("weir");
  fs::copy_file(binary(), program);
  Upgrades upgrades(web_to(backend.address()), {.program = program});
  Daemon& weir = upgrades.weir();
  fs::remove(program);
  directory.write("weir", "#!/bin/sh\nexec sleep 60\n");
  fs::permissions(program, fs::perms::owner_all);
  weir.process().signal(SIGUSR2);
  const std::string mark = "is started as process ";
  REQUIRE(eventually([&] { return contains(weir.log(), mark); }));
  const pid_t successor = std::stoi(weir.log().substr(weir.log().find(mark) + mark.size()));
  CHECK(is_running(successor));
  weir.process().signal(SIGUSR2);
  CHECK(eventually([&] { return contains(weir.log(), "is about to take over already"); }));
  weir.process().signal(SIGTERM);
  CHECK(weir.process().wait() == 0);
  CHECK_FALSE(is_running(successor));
}

TEST_CASE("a weir that was told to take over from nobody does not start") {
  const Finished done = run({.arguments = {binary(), "run", "-c", source("config/weir.yaml")},
                             .environment = {{"WEIR_UPGRADE", "1"}}});
  CHECK(done.code == 1);
  CHECK(contains(done.err, "WEIR_UPGRADE leads to no weir"));
}
