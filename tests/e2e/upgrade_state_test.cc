// The state directory and the admin socket's path while one process takes over from another.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "tests/e2e/reload_scene.h"
#include "tests/e2e/tls_scene.h"
#include "tests/e2e/upgrade.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

namespace fs = std::filesystem;

std::string yaml_of(const Backend& backend, const std::string& process, const std::string& more = "") {
  return fmt::format(
      "process: {{ workers: 1, upgrade_grace: 20s, watch: off, {} }}\n"
      "listeners: {{ web: {{ bind: 127.0.0.1:0, forward: app, forwarded: {{ via: on }} }} }}\n"
      "target_groups: {{ app: {{ targets: [\"{}\"], stickiness: {{ type: lb_cookie }} }} }}\n{}",
      process, backend.address(), more);
}

// In an edited file {dir} is not replaced.
void edit_in(const Daemon& weir, std::string yaml) {
  const std::string mark = "{dir}", directory = fs::path(weir.file()).parent_path();
  for (std::size_t at = 0; (at = yaml.find(mark)) != std::string::npos;)
    yaml.replace(at, mark.size(), directory);
  edit(weir, yaml);
}

std::string session_of(const Answer& answer) {
  const std::string field = answer.field("Set-Cookie");
  return field.substr(0, field.find(';'));
}

double kept(const Daemon& weir) {
  return Metrics(weir).sum("weir_sticky_requests_total", {"outcome=\"kept\""});
}

// Whether a client with this session is known.
bool is_kept(const Daemon& weir, const std::string& session) {
  const double before = kept(weir);
  Connection connection(weir.address());
  connection.send("GET /name HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: " + session + "\r\n\r\n");
  CHECK(connection.answer().status == 200);
  return eventually([&] { return kept(weir) == before + 1; });
}

}  // namespace

TEST_CASE("an old process does not keep the state directory from the one after the newest") {
  const Backend backend;
  Upgrades upgrades(yaml_of(backend, "state_dir: \"{dir}/state\""));
  Daemon& weir = upgrades.weir();
  Connection under_way(weir.address());
  under_way.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  REQUIRE(eventually([&] { return metric(weir, "weir_connections{listener=\"web\"}") == 1; }));
  upgrades.upgrade();
  REQUIRE(upgrades.old_processes() == 1);

  const pid_t newest = upgrades.newest();
  ::kill(newest, SIGTERM);
  REQUIRE(eventually([&] { return !is_running(newest); }));
  CHECK(is_running(weir.process().pid()));
  Process third({.arguments = {binary(), "run", "-c", weir.file()}});
  CHECK_MESSAGE(eventually([&] { return third.err().find("serving with") != std::string::npos; }),
                third.err());
  third.signal(SIGTERM);
  CHECK(third.wait() == 0);
  under_way.send("cd");
  CHECK(under_way.answer().status == 200);
  CHECK(weir.process().wait() == 0);
}

TEST_CASE("an upgrade takes the admin socket to its new path") {
  const Backend backend;
  const std::string admin = "admin: {{ bind: \"unix:{{dir}}/{}.sock\" }}\n";
  Upgrades upgrades(yaml_of(backend, "state_dir: off", fmt::format(fmt::runtime(admin), "one")));
  Daemon& weir = upgrades.weir();
  const std::string one = weir.directory().path("one.sock"), two = weir.directory().path("two.sock");
  const pid_t before = upgrades.newest();
  edit_in(weir, yaml_of(backend, "state_dir: off", fmt::format(fmt::runtime(admin), "two")));
  weir.process().signal(SIGUSR2);
  REQUIRE(eventually([&] { return fs::exists(two) && !is_running(before); }));
  const Json status = Json::parse(fetch("unix:" + two, "/api/v1/status").body);
  const auto after = status["pid"].get<pid_t>();
  CHECK(after != before);
  ::kill(after, SIGTERM);
  CHECK(eventually([&] { return !is_running(after); }));
  CHECK(weir.process().wait() == 0);
  CHECK_FALSE(fs::exists(one));
  CHECK_FALSE(fs::exists(two));
}

TEST_CASE("sessions outlive an upgrade that goes to another state directory, and a start after it") {
  const Backend backend;
  Upgrades upgrades(yaml_of(backend, "state_dir: \"{dir}/one\""));
  Daemon& weir = upgrades.weir();
  const std::string session = session_of(fetch(weir.address(), "/name"));
  REQUIRE(session.starts_with("WEIRLB="));
  edit_in(weir, yaml_of(backend, "state_dir: \"{dir}/two\""));
  upgrades.upgrade();
  CHECK(is_kept(weir, session));
  CHECK(read_file(weir.directory().path("two/cookie.key")) ==
        read_file(weir.directory().path("one/cookie.key")));

  const pid_t newest = upgrades.newest();
  ::kill(newest, SIGTERM);
  REQUIRE(eventually([&] { return !is_running(newest); }));
  CHECK(weir.process().wait() == 0);
  const Daemon next(read_file(weir.file()));
  CHECK(is_kept(next, session));
}

TEST_CASE("sessions of TLS outlive upgrades, also where no file holds the keys of their tickets") {
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  Upgrades upgrades("process: { workers: 2, upgrade_grace: 20s, watch: off }\n" +
                    https_to(backend.address(), certificates_of(certificates.item("a"))));
  TlsOffer offer{.authority = certificates.authority()};
  TlsClient first(upgrades.weir().address(), offer);
  CHECK_FALSE(first.resumed());
  first.get("/name");
  offer.session = first.session();
  for (int i = 0; i < 2; ++i) {
    upgrades.upgrade();
    TlsClient again(upgrades.weir().address(), offer);
    CHECK(again.resumed());
    CHECK(again.get("/name").body == "backend");
  }
}

TEST_CASE("a socket file that passes between admin API and listener stays, with the mode that is due") {
  const Backend backend;
  const auto yaml = [&](std::string_view admin, std::string_view web) {
    return fmt::format(
        "process: {{ workers: 1, state_dir: off, upgrade_grace: 20s, watch: off }}\n"
        "admin: {{ bind: \"unix:{{dir}}/{}\" }}\n"
        "listeners: {{ web: {{ bind: \"unix:{{dir}}/{}\", forward: app }} }}\n"
        "target_groups: {{ app: {{ targets: [\"{}\"] }} }}\n",
        admin, web, backend.address());
  };
  Upgrades upgrades(yaml("one", "two"));
  Daemon& weir = upgrades.weir();
  const std::string one = weir.directory().path("one"), two = weir.directory().path("two");
  const auto mode = [](const std::string& path) {
    struct stat status{};
    REQUIRE_MESSAGE(::stat(path.c_str(), &status) == 0, path);
    return status.st_mode & 0777U;
  };
  const pid_t before = upgrades.newest();
  edit_in(weir, yaml("two", "one"));
  weir.process().signal(SIGUSR2);
  REQUIRE(eventually([&] { return !is_running(before); }));
  const auto after = Json::parse(fetch("unix:" + two, "/api/v1/status").body)["pid"].get<pid_t>();
  CHECK(after != before);
  CHECK(fetch("unix:" + one, "/name").body == "backend");
  CHECK(mode(one) == 0666U);
  CHECK(mode(two) == 0660U);
  ::kill(after, SIGTERM);
  CHECK(eventually([&] { return !is_running(after); }));
  CHECK(weir.process().wait() == 0);
  CHECK_FALSE(fs::exists(one));
  CHECK_FALSE(fs::exists(two));
}

TEST_CASE("a state directory that is not there yet is made for the user that weir becomes") {
  REQUIRE_MESSAGE(::geteuid() == 0, "only root can become another user");
  const Backend backend;
  const TemporaryDirectory directory;
  const auto open = [](const fs::path& path) {
    fs::permissions(path, fs::perms::others_exec, fs::perm_options::add);
  };
  open(directory.path(""));
  Upgrades upgrades(yaml_of(backend, "user: nobody, state_dir: \"" + directory.path("state") + "\""));
  Daemon& weir = upgrades.weir();
  open(fs::path(weir.file()).parent_path());
  const auto owner = [&](const std::string& name) {
    struct stat status{};
    REQUIRE_MESSAGE(::stat(directory.path(name).c_str(), &status) == 0, name);
    return status.st_uid;
  };
  CHECK(run_weir({"drain", "app", backend.address(), "--admin", weir.admin_address()}).code == 0);
  upgrades.upgrade();
  CHECK(targets(weir).begin()->second["state"] == "draining");
  for (const auto* const name :
       {"state", "state/lock", "state/state.json", "state/cookie.key", "state/node.token"})
    CHECK(owner(name) == owner("state"));
  CHECK(owner("state") != 0);
}

TEST_CASE("a state directory that is removed while weir runs is written again, and locked") {
  const Backend backend;
  Upgrades upgrades(yaml_of(backend, "state_dir: \"{dir}/state\""));
  Daemon& weir = upgrades.weir();
  CHECK(run_weir({"drain", "app", backend.address(), "--admin", weir.admin_address()}).code == 0);
  std::map<std::string, std::string> before;
  for (const char* const name : {"state.json", "cookie.key", "node.token"})
    before[name] = read_file(weir.directory().path(fmt::format("state/{}", name)));
  fs::remove_all(weir.directory().path("state"));
  CHECK(eventually([&] { return fs::exists(weir.directory().path("state/state.json")); }));
  for (const auto& [name, text] : before) {
    CAPTURE(name);
    CHECK_FALSE(text.empty());
    CHECK(read_file(weir.directory().path("state/" + name)) == text);
  }
  const std::string state_dir = "state_dir: \"" + weir.directory().path("state") + "\"";
  const Finished second = run_weir(
      {"run", "-c",
       weir.directory().write("second.yaml", yaml_of(backend, state_dir, "admin: { bind: off }\n"))});
  CHECK(second.code == 1);
  CHECK(second.err.find("another weir uses") != std::string::npos);
  upgrades.upgrade();
  CHECK(targets(weir).begin()->second["state"] == "draining");
}

TEST_CASE("a state directory that another weir has taken is left alone until that one has ended") {
  const Backend backend;
  const Daemon weir(yaml_of(backend, "state_dir: \"{dir}/state\""));
  const std::string state = weir.directory().path("state");
  const auto drained = [&](const char* command, const Daemon& of) {
    return run_weir({command, "app", backend.address(), "--admin", of.admin_address()}).code == 0;
  };
  fs::rename(state, state + ".old");
  {
    const Daemon other(yaml_of(backend, "state_dir: \"" + state + "\""));
    CHECK(eventually([&] { return weir.log().find("this one keeps nothing there") != std::string::npos; }));
    CHECK(drained("drain", other));
    const std::string theirs = read_file(state + "/state.json");
    CHECK(theirs.find(backend.address()) != std::string::npos);
    CHECK(drained("drain", weir));
    CHECK(drained("undrain", weir));
    CHECK(read_file(state + "/state.json") == theirs);
  }
  CHECK(eventually(
      [&] { return read_file(state + "/state.json").find(backend.address()) == std::string::npos; }));
  CHECK(weir.log().find("cookie.key' holds another key than this process uses") != std::string::npos);
}

TEST_CASE("an upgrade into the state directory of another weir tells what it replaces there, and what not") {
  const Backend backend;
  const TemporaryDirectory directory;
  const std::string theirs = "state_dir: \"" + directory.path("state") + "\"";
  {
    const Daemon other(yaml_of(backend, theirs));
    CHECK(run_weir({"drain", "app", backend.address(), "--admin", other.admin_address()}).code == 0);
  }
  Upgrades upgrades(yaml_of(backend, "state_dir: \"{dir}/state\""));
  Daemon& weir = upgrades.weir();
  edit_in(weir, yaml_of(backend, theirs));
  upgrades.upgrade();
  CHECK(weir.log().find("cookie.key' holds another key than this process uses") != std::string::npos);
  CHECK(weir.log().find("state.json' is replaced by what this process knows") != std::string::npos);
  CHECK(targets(weir).begin()->second["state"] != "draining");
}

TEST_CASE(
    "with a user of its own weir moves a bind to another address of its port, by reload and by upgrade") {
  REQUIRE_MESSAGE(::geteuid() == 0, "only root can become another user");
  const Backend backend;
  const auto yaml = [&](const std::string& bind) {
    std::string text = yaml_of(backend, "user: nobody, state_dir: off");
    return text.replace(text.find("127.0.0.1:0"), std::string("127.0.0.1:0").size(), bind);
  };
  Upgrades upgrades(yaml("127.0.0.1:0"));
  Daemon& weir = upgrades.weir();
  fs::permissions(fs::path(weir.file()).parent_path(), fs::perms::others_exec, fs::perm_options::add);
  const std::string narrow = weir.address(), wide = "0.0.0.0" + narrow.substr(narrow.rfind(':'));
  edit(weir, yaml(wide));
  CHECK(reload(weir).status == 200);
  CHECK(fetch(narrow, "/name").status == 200);
  edit(weir, yaml(narrow));
  upgrades.upgrade();
  CHECK(fetch(narrow, "/name").status == 200);
}
