// Several workers behave like one.
#include <dirent.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

// The CPU time of each thread, as the kernel counts it (in nanoseconds).
std::vector<std::uint64_t> thread_times(pid_t pid) {
  std::vector<std::uint64_t> times;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid))) {
    times.push_back(std::stoull("0" + read_file(thread.path() / "schedstat")));
  }
  return times;
}

}  // namespace

TEST_CASE("four workers share the requests, over all targets") {
  const Backend a("a"), b("b");
  std::string bind;
  int expected_busy = 0;
  SUBCASE("of a TCP address") {
    bind = "127.0.0.1:0";
    expected_busy = 4;
  }
  SUBCASE("of a unix socket") {  // which the kernel gives to whichever worker is the first to wake up
    bind = "unix:{dir}/web.sock";
    expected_busy = 2;
  }
  Daemon weir(
      fmt::format("process: {{ workers: 4 }}\n"
                  "log: {{ access: {{ output: off }} }}\n"
                  "listeners: {{ web: {{ bind: \"{}\", forward: app }} }}\n"
                  "target_groups: {{ app: {{ targets: [\"{}\", \"{}\"] }} }}\n",
                  bind, a.address(), b.address()));
  CHECK(weir.status()["workers"] == 4);
  const pid_t pid = weir.process().pid();
  const std::vector<std::uint64_t> before = thread_times(pid);
  const auto busy = [&] {
    const std::vector<std::uint64_t> after = thread_times(pid);
    REQUIRE(before.size() == after.size());
    int threads = 0;
    for (std::size_t i = 0; i < after.size(); ++i) threads += after[i] - before[i] > 1'000'000;
    return threads;
  };

  std::map<std::string, int> served;
  int requests = 0;
  const bool shared = eventually([&] {
    std::vector<Connection> clients;
    for (int i = 0; i < 80; ++i) clients.emplace_back(weir.address());
    for (int round = 0; round < 10; ++round) {
      for (Connection& client : clients) client.send("GET /name HTTP/1.1\r\nHost: a\r\n\r\n");
      for (Connection& client : clients) ++served[client.answer().body];
    }
    requests += 800;
    return busy() >= expected_busy;
  });
  CHECK(shared);
  CHECK(served["a"] + served["b"] == requests);
  CHECK(served["a"] > requests * 3 / 8);
  CHECK(served["b"] > requests * 3 / 8);
  CHECK(eventually([&] { return weir.status()["listeners"][0]["requests"] == requests; }));
}

TEST_CASE("one worker serves alone") {
  const Backend backend;
  Daemon weir("process: { workers: 1 }\n" + web_to(backend.address()));
  for (int i = 0; i < 20; ++i) CHECK(fetch(weir.address(), "/name").body == "backend");
  CHECK(weir.status()["workers"] == 1);
}
