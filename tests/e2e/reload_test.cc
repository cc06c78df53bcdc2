// Reloads: what they change, and what they leave alone.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "tests/e2e/reload_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

double reloads(const Daemon& weir, const std::string& result) {
  return metric(weir, fmt::format("weir_config_reloads_total{{result=\"{}\"}}", result));
}

std::string status_of(const std::string& address, const std::string& path = "/") {
  return fmt::to_string(fetch(address, path).status);
}

// Lines of the log that say that a target of `app` or `shop` has become something else.
std::vector<std::string> state_changes(const Daemon& weir) {
  std::vector<std::string> found;
  for (const std::string& line : lines_of(weir.log())) {
    if (line.find("target group app: ") != std::string::npos ||
        line.find("target group shop: ") != std::string::npos) {
      if (line.find("configuration") == std::string::npos) found.push_back(line);
    }
  }
  return found;
}

// `times` reloads of edits that clients have nothing to do with.
void reload_unrelated(Daemon& weir, const Fleet& fleet, int times) {
  Metrics before(weir);
  for (int i = 1; i <= times; ++i) {
    edit(weir, scene_yaml(fleet, {.number = i}));
    REQUIRE(applied(weir)["result"] == "applied");
    if (i % 10 != 0) continue;
    const Metrics now(weir);
    CHECK(gone_back(before, now) == std::vector<std::string>{});
    before = now;
  }
}

void check_reloads_unnoticed(int times) {
  Fleet fleet(4);
  Daemon weir(scene_yaml(fleet, {}));
  REQUIRE(all_healthy(weir));
  Traffic traffic(weir);
  const std::size_t changes = state_changes(weir).size();
  reload_unrelated(weir, fleet, times);
  CHECK(state_changes(weir).size() == changes);
  check_unharmed(traffic.report());
  CHECK(reloads(weir, "applied") == times);
  CHECK(weir.stop() == 0);
}

void check_reloads_that_change_targets(int times) {
  Fleet fleet(4);
  Daemon weir(scene_yaml(fleet, {}));
  REQUIRE(all_healthy(weir));
  Traffic traffic(weir);
  for (int i = 1; i <= times; ++i) {
    const std::size_t targets = 2 + static_cast<std::size_t>(i) % 3;
    edit(weir, scene_yaml(fleet, {.number = i, .targets = targets, .rule = i % 2 == 0}));
    REQUIRE(applied(weir)["result"] == "applied");
    CHECK(status_of(weir.address(), "/extra") == "200");
  }
  check_unharmed(traffic.report());
}

}  // namespace

TEST_CASE("reloads of unrelated edits cost no request, no WebSocket, no session and no state") {
  check_reloads_unnoticed(kSanitized ? 20 : 300);
}

TEST_CASE("reloads that add and remove targets and rules cost no request and no WebSocket") {
  check_reloads_that_change_targets(kSanitized ? 12 : 150);
}

TEST_CASE("a change of the file is loaded when it has been written, and nothing needs to be asked for") {
  Fleet fleet(2);
  const std::string other = fleet.address(1);
  Daemon weir(web_to(fleet.address(0)));
  CHECK(fetch(weir.address(), "/").field("x-target") == "t0");
  edit(weir, "admin: { bind: \"unix:{dir}/admin.sock\" }\n" + web_to(other));
  CHECK(eventually([&] { return fetch(weir.address(), "/").field("x-target") == "t1"; }));
  CHECK(reloads(weir, "applied") == 1);
  CHECK(weir.log().find("configuration reloaded (a change of its files): target group ") !=
        std::string::npos);
  edit(weir, "listeners: {}\n");
  CHECK(eventually([&] { return reloads(weir, "refused") == 1; }));
  CHECK(metric(weir, "weir_config_last_reload_success") == 0);
  CHECK(fetch(weir.address(), "/").field("x-target") == "t1");
  edit(weir, "admin: { bind: \"unix:{dir}/admin.sock\" }\n" + web_to(other));
  CHECK(eventually([&] { return metric(weir, "weir_config_last_reload_success") == 1; }));
}

TEST_CASE("SIGHUP and weir reload read the file, and the command says what has changed or why not") {
  Fleet fleet(4);
  Daemon weir(scene_yaml(fleet, {}));
  edit(weir, scene_yaml(fleet, {.targets = 4}));
  weir.process().signal(SIGHUP);
  CHECK(eventually([&] { return reloads(weir, "applied") == 1; }));
  CHECK(eventually([&] { return targets(weir).contains("t3"); }));

  const auto weir_reload = [&](std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"reload", "--admin", weir.admin_address()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_weir(arguments);
  };
  Finished said = weir_reload();
  CHECK(said.code == 0);
  CHECK(said.out == "no changes\n");
  edit(weir, scene_yaml(fleet, {.targets = 3}));
  said = weir_reload();
  CHECK(said.code == 0);
  CHECK(said.out.find(fleet.address(3)) != std::string::npos);
  CHECK(said.out.find("drains for 300 s") != std::string::npos);

  edit(weir, scene_yaml(fleet, {}) + "rulez: []\n");
  said = weir_reload();
  CHECK(said.code == 1);
  CHECK(said.err.find("unknown key 'rulez'") != std::string::npos);
  CHECK(said.err.find("the old one stays in force") != std::string::npos);
  const Answer refused = reload(weir);
  CHECK(refused.status == 422);
  CHECK(Json::parse(refused.body)["diagnostics"][0]["id"] == "unknown-key");
}

TEST_CASE(
    "a listener that is added listens, one that is removed drains, one that is renamed keeps its socket") {
  Fleet fleet(1);
  const std::string group =
      fmt::format("target_groups: {{ app: {{ targets: [ \"{}\" ] }} }}\n", fleet.address(0));
  const std::string head = "admin: { bind: \"unix:{dir}/admin.sock\" }\nprocess: { watch: off }\n";
  Daemon weir(head + "listeners: { web: { bind: 127.0.0.1:0, forward: app } }\n" + group);
  const std::string first = weir.address();
  Connection kept(first);
  kept.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(kept.answer().status == 200);

  edit(weir, head +
                 "listeners:\n  web: { bind: 127.0.0.1:0, forward: app }\n"
                 "  more: { bind: \"unix:{dir}/more.sock\", forward: app }\n" +
                 group);
  applied(weir);
  const std::string more = "unix:" + weir.directory().path() + "/more.sock";
  CHECK(status_of(more) == "200");
  CHECK(status_of(first) == "200");

  edit(weir, head + "listeners: { other: { bind: 127.0.0.1:0, forward: app } }\n" + group);
  applied(weir);
  CHECK(weir.status()["listeners"][0]["name"] == "other");
  CHECK(weir.status()["listeners"][0]["binds"][0] == first);
  CHECK(status_of(first) == "200");
  CHECK_FALSE(fs::exists(weir.directory().path() + "/more.sock"));
  kept.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const Answer last = kept.answer();
  CHECK(last.status == 200);
  CHECK(last.field("connection") == "close");
}

TEST_CASE("a port that is taken refuses the reload as a whole") {
  Fleet fleet(4);
  Daemon weir(scene_yaml(fleet, {.targets = 1}));
  std::string yaml = scene_yaml(fleet, {.targets = 2});
  yaml.replace(yaml.find("127.0.0.1:0"), 11, fleet.address(0));
  edit(weir, yaml);
  const Answer answer = reload(weir);
  CHECK(answer.status == 422);
  CHECK(answer.body.find("in use") != std::string::npos);
  CHECK(targets(weir).size() == 1);
  CHECK(status_of(weir.address()) == "200");
}

TEST_CASE("who connects while a bind moves to another address of its port, and back, gets an answer") {
  const Backend backend;
  const auto yaml = [&](const std::string& bind) {
    return fmt::format(
        "process: {{ workers: 2, watch: off }}\n"
        "listeners: {{ web: {{ bind: \"{}\", forward: app }} }}\n"
        "target_groups: {{ app: {{ targets: [\"{}\"] }} }}\n",
        bind, backend.address());
  };
  const Daemon weir(yaml("127.0.0.1:0"));
  const std::string narrow = weir.address(), wide = "0.0.0.0" + narrow.substr(narrow.rfind(':'));
  std::atomic<int> answered = 0, failed = 0;
  std::vector<std::jthread> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) ++(fetch(narrow, "/name").status == 200 ? answered : failed);
    });
  }
  for (int round = 0; round < 3; ++round) {
    for (const std::string& bind : {wide, narrow}) {
      edit(weir, yaml(bind));
      REQUIRE(applied(weir)["result"] == "applied");
      const int before = answered;
      CHECK(eventually([&] { return answered > before + 50; }));
    }
  }
  clients.clear();
  CHECK(failed == 0);
}

TEST_CASE("of a listener that goes each bind ends by itself, whatever another one still waits for") {
  const auto yaml = [](const std::string& name, const std::string& binds) {
    return fmt::format(
        "process: {{ workers: 1, watch: off }}\n"
        "listeners: {{ {0}: {{ bind: [{1}, \"unix:{{dir}}/more.sock\"], "
        "respond: {{ status: 200, body: \"{0}\" }} }} }}\n",
        name, binds);
  };
  const Daemon weir(yaml("before", "\"127.0.0.1:0\", \"127.0.0.1:0\""));
  const std::string moves = weir.address("before", 0), ends = weir.address("before", 1);
  const std::string stays = "unix:" + weir.directory().path() + "/more.sock";
  CHECK(fetch(ends, "/").body == "before");
  edit(weir, yaml("after", "\"0.0.0.0" + moves.substr(moves.rfind(':')) + "\""));
  REQUIRE(applied(weir)["result"] == "applied");
  REQUIRE(eventually([&] { return fetch(stays, "/").body == "after"; }));
  CHECK_THROWS_WITH(fetch(ends, "/"), doctest::Contains("refused"));
}

TEST_CASE("a configuration that is not confirmed in time is taken back, and one that is stays") {
  Fleet fleet(4);
  Daemon weir(scene_yaml(fleet, {}));
  edit(weir, scene_yaml(fleet, {.targets = 4}));
  const Answer answer = reload(weir, R"({"confirm": "1s"})");
  REQUIRE(answer.status == 200);
  CHECK(Json::parse(answer.body)["confirm_until"].is_string());
  CHECK(targets(weir).contains("t3"));
  CHECK(reload(weir).status == 409);
  CHECK(eventually([&] { return reloads(weir, "rolled_back") == 1; }));
  CHECK(targets(weir)["t3"]["state"] != "healthy");
  CHECK(metric(weir, "weir_config_last_reload_success") == 0);
  CHECK(run_weir({"confirm", "--admin", weir.admin_address()}).code == 1);

  CHECK(weir.log().find("configuration rolled back, since nobody confirmed it in time") != std::string::npos);
  const Finished said = run_weir({"reload", "--confirm", "10m", "--admin", weir.admin_address()});
  CHECK(said.code == 0);
  CHECK(said.out.find("unless `weir confirm` comes before") != std::string::npos);
  CHECK(run_weir({"confirm", "--admin", weir.admin_address()}).code == 0);
  CHECK(eventually([&] { return targets(weir)["t3"]["state"] == "healthy"; }));
  CHECK(reload(weir).status == 200);
  const Finished nothing = run_weir({"reload", "--confirm", "10m", "--admin", weir.admin_address()});
  CHECK(nothing.code == 1);
  CHECK(nothing.err.find("nothing waits to be confirmed") != std::string::npos);
}

TEST_CASE("what cannot be rolled back yet, since its port is taken, is as soon as that is free") {
  Fleet fleet(4);
  const std::string free = "unix:{dir}/more.sock";
  std::string before = scene_yaml(fleet, {});
  before.insert(before.find("target_groups:"), "  more: { bind: \"" + free + "\", forward: app }\n");
  Daemon weir(before);
  const std::string path = weir.directory().path() + "/more.sock";
  edit(weir, scene_yaml(fleet, {}));
  REQUIRE(reload(weir, R"({"confirm": "1s"})").status == 200);
  write_file(path, "");  // something else has come to its place
  CHECK(eventually([&] { return reloads(weir, "rollback_failed") == 1; }));
  CHECK(weir.log().find("CANNOT be rolled back") != std::string::npos);
  fs::remove(path);
  CHECK(eventually([&] { return reloads(weir, "rolled_back") == 1; }));
  CHECK(status_of("unix:" + path) == "200");
}

TEST_CASE("a configuration that makes requests fail is taken back by itself") {
  Fleet fleet(4);
  const std::string process = "watch: off, rollback: { window: 20s, error_rate: 5% }";
  Daemon weir(scene_yaml(fleet, {}, process));
  Load load(weir, "50");
  std::string broken = scene_yaml(fleet, {}, process);
  for (std::size_t target = 0; target < 3; ++target) {
    broken.replace(broken.find(fleet.address(target)), fleet.address(target).size(),
                   fmt::format("127.0.0.1:{}", target + 1));
  }
  edit(weir, broken);
  CHECK(applied(weir)["result"] == "applied");
  CHECK(eventually([&] { return reloads(weir, "rolled_back") == 1; }));
  CHECK(eventually([&] { return status_of(weir.address()) == "200"; }));
  CHECK(weir.log().find("were answered with a 5xx by weir, more than 5 %") != std::string::npos);
  load.report();
}

TEST_CASE("what only a restart changes is named, stays as it was, and is named again") {
  Fleet fleet(4);
  Daemon weir(scene_yaml(fleet, {}));
  std::string yaml = scene_yaml(fleet, {});
  yaml.replace(yaml.find("workers: 2"), 10, "workers: 3");
  edit(weir, yaml);
  for (int i = 0; i < 2; ++i) {
    const Json answer = applied(weir);
    CHECK(answer["needs_restart"] == true);
    CHECK(answer["changes"][0]["needs_restart"] == true);
  }
  CHECK(weir.status()["workers"] == 2);
}

TEST_CASE(
    "a file that is deleted, a directory, unreadable or very large leaves the old configuration in force") {
  Fleet fleet(1);
  Daemon weir(web_to(fleet.address(0)));
  const std::string good =
      "admin: { bind: \"unix:{dir}/admin.sock\" }\n" + web_to(fleet.address(0), "    request_id: off\n");
  double refused = 0;
  const auto check_refused = [&](const char* what) {
    INFO(what);
    ++refused;
    CHECK(eventually([&] { return reloads(weir, "refused") == refused; }));
    CHECK(status_of(weir.address()) == "200");
    CHECK(metric(weir, "weir_config_last_reload_success") == 0);
  };
  fs::remove(weir.file());
  check_refused("deleted");
  fs::create_directory(weir.file());
  check_refused("a directory");
  fs::remove(weir.file());
  write_file(weir.file(), "");
  REQUIRE(::truncate(weir.file().c_str(), off_t{1} << 30) == 0);
  check_refused("large");
  fs::remove(weir.file());
  edit(weir, good);
  CHECK(eventually([&] { return metric(weir, "weir_config_last_reload_success") == 1; }));
  CHECK(fetch(weir.address(), "/").status == 200);
}

TEST_CASE(
    "no bad file of those that weir check knows is ever taken, and each is told in one line of the log") {
  Fleet fleet(4);
  Daemon weir(scene_yaml(fleet, {}));
  fs::copy(source("tests/golden/include"), weir.directory().path() + "/include", fs::copy_options::recursive);
  Load load(weir, "100");
  REQUIRE(eventually([&] { return Metrics(weir).sum("weir_requests_total") > 0; }));
  int bad = 0;
  for (const auto& entry : fs::directory_iterator(source("tests/golden"))) {
    // One of them is too large for a limit of its own.
    if (entry.path().extension() != ".yaml" || entry.path().stem() == "too-large") continue;
    const std::string expected = read_file(fs::path(entry.path()).replace_extension(".expected"));
    if (expected.find(": error: ") == std::string::npos) continue;
    INFO(entry.path().filename().string());
    write_file(weir.file(), read_file(entry.path()));
    CHECK(reload(weir).status == 422);
    ++bad;
  }
  CHECK(bad > 100);
  CHECK(reloads(weir, "refused") == bad);
  CHECK(metric(weir, "weir_config_last_reload_success") == 0);
  std::ptrdiff_t told = 0;
  for (const std::string& line : lines_of(weir.log()))
    told += line.find(" reload refused ") != std::string::npos;
  CHECK(told == bad);
  edit(weir, scene_yaml(fleet, {.number = 1}));
  applied(weir);
  CHECK(metric(weir, "weir_config_last_reload_success") == 1);
  check_none_failed(load.report());
}

TEST_CASE("a file that is replaced again and again is loaded when that ends, in bounded work") {
  Fleet fleet(4);
  const std::string process = "watch: auto";
  Daemon weir(scene_yaml(fleet, {}, process));
  for (int i = 0; i < 300; ++i) {
    const std::string next = weir.file() + ".next";
    std::string yaml = scene_yaml(fleet, {.number = i, .targets = 4}, process);
    for (std::size_t at = 0; (at = yaml.find("{dir}", at)) != std::string::npos;)
      yaml.replace(at, 5, weir.directory().path());
    write_file(next, yaml);
    fs::rename(next, weir.file());
  }
  CHECK(eventually([&] { return fetch(weir.address("idle"), "/").body == "299"; }));
  CHECK(reloads(weir, "applied") <= 30);
  CHECK(reloads(weir, "refused") == 0);
  CHECK(status_of(weir.address()) == "200");
}

TEST_CASE("a thousand reloads under load cost nothing" * doctest::test_suite("soak")) {
  check_reloads_unnoticed(1000);
}

TEST_CASE("the memory that a thousand reloads take is given back" * doctest::test_suite("soak")) {
  Fleet fleet(4);
  Daemon weir(scene_yaml(fleet, {}));
  reload_unrelated(weir, fleet, 100);
  const std::uint64_t before = weir.process().resident();
  reload_unrelated(weir, fleet, 1000);
  const std::uint64_t after = weir.process().resident();
  MESSAGE("resident: " << before << " bytes after 100 reloads, " << after << " after 1100");
  if (!kSanitized) CHECK(static_cast<double>(after) < 1.05 * static_cast<double>(before));
}
