// What keeps weir from starting: one clear line, exit 1, and nothing started.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

constexpr unsigned kNobody = 65534;

class Refused {
 public:
  explicit Refused(const std::string& yaml, const Command& limits = {.arguments = {}}) {
    file = directory.write("weir.yaml", yaml);
    Command start = command({"run", "-c", file});
    start.descriptors = limits.descriptors;
    start.user = limits.user;
    // Whoever runs it has to read it.
    ::chmod(directory.path().c_str(), 0755);
    finished = run(start, Milliseconds(30'000));
  }
  // That it ended with this one line, {} being the file and its place.
  void says(std::string_view line) const {
    CHECK(finished.code == 1);
    CHECK(finished.out == "");
    CHECK(finished.err == fmt::format("weir: {}:{}\n", file, line));
  }

  TemporaryDirectory directory;
  std::string file;
  Finished finished;
};

std::string listener_on(const std::string& bind) {
  return "admin: { bind: off }\nlisteners:\n  web: { bind: \"" + bind +
         "\", forward: app }\ntarget_groups:\n  app: { targets: [127.0.0.1:9] }\n";
}

}  // namespace

TEST_CASE("a second weir on the same address is refused") {
  Daemon first(web_to("127.0.0.1:9"));
  const std::string address = first.address();
  Refused(listener_on(address))
      .says(fmt::format("3:16: listener 'web' cannot listen on {}: the address is in use by another process",
                        address));
  CHECK(first.process().running());
  // All of the machine's addresses contain this one.
  const std::string port = address.substr(address.find(':') + 1);
  Refused(listener_on("0.0.0.0:" + port))
      .says(fmt::format(
          "3:16: listener 'web' cannot listen on 0.0.0.0:{}: the address is in use by another process",
          port));
}

TEST_CASE("a port that another program uses is refused, and the listener before it is closed again") {
  const Backend other;
  const std::string mine = free_port();
  Refused(fmt::format("admin: {{ bind: off }}\n"
                      "listeners:\n"
                      "  first: {{ bind: 127.0.0.1:{}, forward: app }}\n"
                      "  second:\n"
                      "    forward: app\n"
                      "    bind:\n"
                      "      - 127.0.0.1:0\n"
                      "      - {}\n"
                      "target_groups: {{ app: {{ targets: [127.0.0.1:9] }} }}\n",
                      mine, other.address()))
      .says(
          fmt::format("8:9: listener 'second' cannot listen on {}: the address is in use by another process",
                      other.address()));
  CHECK_THROWS(Connection("127.0.0.1:" + mine));
}

TEST_CASE("a start that fails leaves no socket file behind") {
  const Backend other;
  const TemporaryDirectory directory;
  std::string admin = "off", binds;
  SUBCASE("of a listener whose second address is in use") {
    binds = "[\"unix:" + directory.path("web.sock") + "\", \"" + other.address() + "\"]";
  }
  SUBCASE("of a listener, when the admin's address is in use") {
    admin = other.address();
    binds = "\"unix:" + directory.path("web.sock") + "\"";
  }
  SUBCASE("of the admin listener, when the access log cannot be opened") {
    admin = "\"unix:" + directory.path("admin.sock") + "\"";
    binds = "\"unix:" + directory.path("web.sock") + "\"";
  }
  const Refused refused(
      "admin: { bind: " + admin +
      " }\nlog: { access: { output: /nonexistent/access.log } }\nlisteners:\n  web: { bind: " + binds +
      ", forward: app }\ntarget_groups:\n  app: { targets: [127.0.0.1:9] }\n");
  CHECK(refused.finished.code == 1);
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("the admin listener's port may be in use too") {
  const Backend other;
  Refused(fmt::format("admin: {{ bind: {} }}\n{}", other.address(), web_to("127.0.0.1:9")))
      .says(fmt::format("1:16: admin.bind: cannot listen on {}: the address is in use by another process",
                        other.address()));
}

TEST_CASE("an address that this machine does not have is refused") {
  Refused(listener_on("192.0.2.1:8080"))
      .says("3:16: listener 'web' cannot listen on 192.0.2.1:8080: this machine has no such address");
}

TEST_CASE("a socket file cannot be made in a directory that is not there") {
  const Refused refused(listener_on("unix:/nonexistent/weir.sock"));
  refused.says("3:16: listener 'web' cannot listen on unix:/nonexistent/weir.sock: no such directory");
}

TEST_CASE("a user without the right to a low port is told so") {
  if (::geteuid() != 0) return;
  Process range({.arguments = {"sysctl", "-n", "net.ipv4.ip_unprivileged_port_start"}});
  range.wait();
  if (std::atoi(range.out().c_str()) <= 81) {
    MESSAGE("every user may use every port here");
    return;
  }
  Refused(listener_on("127.0.0.1:81"), {.arguments = {}, .user = kNobody})
      .says("3:16: listener 'web' cannot listen on 127.0.0.1:81: permission denied");
}

TEST_CASE("an unknown user is refused") {
  Refused("process: { user: nobody-of-this-name }\n" + listener_on("127.0.0.1:0"))
      .says("1:18: process.user: 'nobody-of-this-name': no such user");
}

TEST_CASE("only root can become another user") {
  if (::geteuid() != 0) return;
  Refused("process: { user: root }\n" + listener_on("127.0.0.1:0"), {.arguments = {}, .user = kNobody})
      .says("1:18: process.user: 'root': only root can become another user");
}

TEST_CASE("weir becomes another user after it has bound its addresses") {
  if (::geteuid() != 0) return;
  const Backend backend;
  Daemon weir("process: { user: nobody }\n" + web_to(backend.address()));
  struct stat status{};
  REQUIRE(::stat(fmt::format("/proc/{}", weir.process().pid()).c_str(), &status) == 0);
  CHECK(status.st_uid == kNobody);
  CHECK(fetch(weir.address(), "/name").body == "backend");
}

TEST_CASE("the socket files are the user's that weir becomes, and everybody may connect to a listener's") {
  if (::geteuid() != 0) return;
  const Backend backend;
  Daemon weir(
      "process: { user: nobody }\n"
      "admin: { bind: \"unix:{dir}/admin.sock\" }\n"
      "listeners: { web: { bind: \"unix:{dir}/web.sock\", forward: app } }\n"
      "target_groups: { app: { targets: [\"" +
      backend.address() + "\"] } }\n");
  struct Row {
    std::string_view name;
    unsigned mode;
  };
  for (const auto& [name, mode] : {Row{"web.sock", 0666}, Row{"admin.sock", 0660}}) {
    CAPTURE(name);
    struct stat status{};
    REQUIRE(::stat(weir.directory().path(name).c_str(), &status) == 0);
    CHECK(status.st_uid == kNobody);
    CHECK(status.st_gid == kNobody);
    CHECK((status.st_mode & 0777) == mode);
  }
  CHECK(fetch(weir.address(), "/name").body == "backend");
}

TEST_CASE("a state directory that cannot be made is told, where one is needed") {
  Refused("process: { state_dir: /nonexistent/state }\nadmin: { bind: off }\n" +
          web_to("127.0.0.1:9", "    forwarded: { via: on }\n"))
      .says("1:23: process.state_dir: '/nonexistent/state': no such file or directory");
}

TEST_CASE("more connections than descriptors are refused, with the number that fits") {
  Refused("process: { max_connections: 5000, workers: 1 }\n" + listener_on("127.0.0.1:0"),
          {.arguments = {}, .descriptors = 1024})
      .says(
          "1:29: process.max_connections: 5000 connections need 10151 descriptors, but the limit is 1024: at "
          "most 436 fit; raise the limit (LimitNOFILE, ulimit -n) or use `auto`");
}

TEST_CASE("a descriptor limit without any room for connections is told") {
  const Refused refused("process: { workers: 1 }\n" + listener_on("127.0.0.1:0"),
                        {.arguments = {}, .descriptors = 100});
  CHECK(refused.finished.code == 1);
  CHECK(lines_of(refused.finished.err).size() == 1);
  CHECK(refused.finished.err.find("the descriptor limit of 100 leaves no room for connections") !=
        std::string::npos);
}

TEST_CASE("an access log that cannot be opened is told with its place") {
  const Refused refused("log: { access: { output: /nonexistent/access.log } }\n" +
                        listener_on("127.0.0.1:0"));
  refused.says("1:26: log.access.output: cannot open /nonexistent/access.log: No such file or directory");
}

TEST_CASE("without standard streams weir serves and ends as with them") {
  const Backend backend;
  const TemporaryDirectory directory;
  const std::string address = "unix:" + directory.path("web.sock");
  std::string access;
  SUBCASE("with an access log on one of them") { access = "stdout"; }
  SUBCASE("without") { access = "off"; }
  const std::string file = directory.write(
      "weir.yaml",
      "process: { workers: 2, state_dir: off }\nadmin: { bind: off }\nlog: { access: { output: " + access +
          " } }\nlisteners: { web: { bind: \"" + address +
          "\", forward: app } }\ntarget_groups: { app: { targets: [\"" + backend.address() + "\"] } }\n");
  Process weir({.arguments = {"sh", "-c", "exec \"$0\" run -c \"$1\" <&- >&- 2>&-", binary(), file}});
  REQUIRE(eventually([&] {
    try {
      return fetch(address, "/name").status == 200;
    } catch (const std::exception&) {
      return !weir.running();
    }
  }));
  for (const char* const descriptor : {"0", "1", "2"}) {
    CHECK(std::filesystem::read_symlink(fmt::format("/proc/{}/fd/{}", weir.pid(), descriptor)) ==
          "/dev/null");
  }
  weir.signal(SIGTERM);
  CHECK(weir.wait() == 0);
}

TEST_CASE("a bad file gives all its messages and starts nothing") {
  const std::string port = free_port();
  const Refused refused(
      fmt::format("proces: {{}}\n"
                  "listeners:\n"
                  "  web: {{ bind: 127.0.0.1:{}, forward: ap }}\n"
                  "target_groups:\n"
                  "  app: {{ targets: [127.0.0.1:70000] }}\n",
                  port));
  CHECK(refused.finished.code == 1);
  CHECK(refused.finished.out == "");
  for (const std::string_view part : {":1:1: error: ", "did you mean 'process'", ":3:", "did you mean 'app'",
                                      ":5:30: error: ", "70000", "^^^^^"}) {
    CHECK_MESSAGE(refused.finished.err.find(part) != std::string::npos, part, " in ", refused.finished.err);
  }
  // `weir check` prints the same, and as its result.
  const Finished check = run_weir({"check", "-c", refused.file});
  CHECK(check.code == 1);
  CHECK(check.out == refused.finished.err);
}

TEST_CASE("a file that is not there is told in one line") {
  const Finished finished = run_weir({"run", "-c", "/nonexistent/weir.yaml"});
  CHECK(finished.code == 1);
  CHECK(lines_of(finished.err).size() == 1);
  CHECK(finished.err.find("/nonexistent/weir.yaml") != std::string::npos);
  CHECK(finished.err.find("o such file") != std::string::npos);
}

TEST_CASE("an unknown command or option is exit code 2, with a hint") {
  const std::vector<std::vector<std::string>> wrong = {{},
                                                       {"rum"},
                                                       {"run", "--nonsense"},
                                                       {"run", "-c"},
                                                       {"check", "--format", "xml"},
                                                       {"demo", "--port", "70000"}};
  for (const std::vector<std::string>& arguments : wrong) {
    INFO(fmt::format("{}", fmt::join(arguments, " ")));
    const Finished finished = run_weir(arguments);
    CHECK(finished.code == 2);
    CHECK(finished.out == "");
    CHECK(finished.err.find("--help") != std::string::npos);
  }
}

TEST_CASE("an unknown command is told with the one that was meant, if any was") {
  const Finished misspelt = run_weir({"statsu"});
  CHECK(misspelt.code == 2);
  CHECK(misspelt.err == "weir: unknown command 'statsu'; did you mean 'status'?\nSee `weir --help`.\n");
  const Finished unknown = run_weir({"restart", "--help"});
  CHECK(unknown.code == 2);
  CHECK(unknown.out == "");
  CHECK(unknown.err == "weir: unknown command 'restart'\nSee `weir --help`.\n");
}

TEST_CASE("weir --version says what weir version says") {
  const Finished flag = run_weir({"--version"});
  CHECK(flag.code == 0);
  CHECK(flag.out == run_weir({"version"}).out);
  CHECK(flag.out.starts_with("weir "));
  CHECK(run_weir({"--help"}).out.find("--version") != std::string::npos);
}

TEST_CASE("a bind to what is no socket says so") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("plain", "text");
  Refused(listener_on("unix:" + path))
      .says(fmt::format(
          "3:16: listener 'web' cannot listen on unix:{}: there is a file at this path, not a socket", path));
  CHECK(read_file(path) == "text");
}

TEST_CASE("listeners and the admin API work on unix sockets, which are gone after the end") {
  const Backend backend;
  Daemon weir(
      "admin: { bind: \"unix:{dir}/admin.sock\" }\n"
      "listeners:\n"
      "  web: { bind: [\"unix:{dir}/web.sock\", \"127.0.0.1:0\"], forward: app }\n"
      "target_groups:\n"
      "  app: { targets: [\"" +
      backend.address() + "\"] }\n");
  const std::string address = weir.address("web", 0);
  CHECK(address == "unix:" + weir.directory().path("web.sock"));
  CHECK(fetch(address, "/name").body == "backend");
  CHECK(weir.access_log(1).at(0)["client"] == "unix");
  CHECK(fetch(weir.address("web", 1), "/name").body == "backend");
  CHECK(weir.access_log(2).at(1)["client"] == "127.0.0.1");
  CHECK(weir.admin_address() == "unix:" + weir.directory().path("admin.sock"));
  CHECK(weir.admin("/livez").status == 200);

  // A second weir does not take it away from the first ...
  Refused(listener_on(address))
      .says(fmt::format("3:16: listener 'web' cannot listen on {}: the address is in use by another process",
                        address));
  CHECK(fetch(address, "/name").body == "backend");
  // ... and what a killed one left behind is taken over.
  CHECK(weir.stop() == 0);
  CHECK(::access(weir.directory().path("web.sock").c_str(), F_OK) != 0);
  CHECK(::access(weir.directory().path("admin.sock").c_str(), F_OK) != 0);
}

TEST_CASE("the socket file that a killed weir left behind is taken over") {
  const TemporaryDirectory directory;
  const std::string file =
      directory.write("weir.yaml", listener_on("unix:" + directory.path("web.sock")) + kNoState);
  for (int round = 0; round < 2; ++round) {
    Process killed(command({"run", "-c", file}));
    REQUIRE(eventually([&] { return killed.err().find("serving with") != std::string::npos; }));
    killed.signal(SIGKILL);
    killed.wait();
  }
}
