// The description of the admin API, and running daemons that do what it says.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

// openapi_check.py knows the names in it.
std::string described(const std::string& one, const std::string& two) {
  return fmt::format(
      "process: {{ watch: off }}\n"
      "admin: {{ bind: 127.0.0.1:0 }}\n"
      "listeners:\n"
      "  web:\n"
      "    bind: 127.0.0.1:0\n"
      "    sources: {{ deny: [192.0.2.0/24] }}\n"
      "    rules:\n"
      "      - name: api\n"
      "        match: {{ path: /v1/*, header: {{ x-tenant: a }} }}\n"
      "        rewrite: {{ path: {{ strip_prefix: /v1 }} }}\n"
      "        forward: app\n"
      "      - {{ name: old, match: {{ host: old.example.com }}, redirect: {{ host: new.example.com }} }}\n"
      "    forward: app\n"
      "target_groups:\n"
      "  app:\n"
      "    algorithm: round_robin\n"
      "    stickiness: {{ type: lb_cookie, ttl: 1h }}\n"
      "    targets:\n"
      "      - {{ address: \"{}\", id: app-1, zone: az-1 }}\n"
      "      - {{ address: \"{}\", id: app-2, zone: az-2 }}\n",
      one, two);
}

// Where the admin API of a demo is.
std::string admin_of(Process& demo) {
  const std::string mark = "admin API:      http://";
  eventually([&] { return !demo.running() || demo.out().find("Ctrl-C") != std::string::npos; });
  const std::string said = demo.out();
  const std::size_t at = said.find(mark);
  REQUIRE_MESSAGE(at != std::string::npos, said, demo.err());
  const std::size_t begin = at + mark.size();
  return said.substr(begin, said.find('\n', begin) - begin);
}

}  // namespace

TEST_CASE("each answer of the admin API is as its description says, to good questions and to bad ones") {
  const Backend one, two;
  const TemporaryDirectory directory;
  const std::string token = "correct-horse-battery";
  Daemon plain(described(one.address(), two.address()));
  Daemon guarded(fmt::format("admin: {{ bind: 127.0.0.1:0, token_file: {} }}\n{}",
                             directory.write("token", token), web_to(one.address())));
  Process demo(command({"demo", "--port", "0", "--admin-port", "0"}));
  const Finished check = run({kPython, source("tests/e2e/openapi_check.py"), plain.admin_address(),
                              guarded.admin_address(), token, admin_of(demo)});
  CHECK_MESSAGE(check.code == 0, check.out, check.err);
  demo.signal(SIGTERM);
  CHECK(demo.wait() == 0);
}
