// Targets that a DNS server names.

#include "tests/e2e/dns.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "tests/e2e/fleet.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

std::string port_of(const std::string& address) { return address.substr(address.find(':') + 1); }

// The state of each target of a group, by address.
std::map<std::string, std::string> states(const Daemon& weir, const std::string& group = "app") {
  const Json answer = Json::parse(weir.admin("/api/v1/targets?group=" + group).body);
  std::map<std::string, std::string> result;
  for (const Json& target : answer["target_groups"][0]["targets"])
    result[target["address"]] = target["state"];
  return result;
}

bool all_serve(const Daemon& weir, const std::string& group, std::size_t targets) {
  return eventually([&] {
    const auto all = states(weir, group);
    return all.size() == targets &&
           std::ranges::all_of(all, [](const auto& one) { return one.second == "healthy"; });
  });
}

std::vector<std::string> lines_with(const std::string& text, const std::string& part) {
  auto lines = lines_of(text);
  std::erase_if(lines, [&](const std::string& line) { return line.find(part) == std::string::npos; });
  return lines;
}

std::string refreshes(const std::string& group, const std::string& name, const std::string& result) {
  return fmt::format(R"(weir_dns_refreshes_total{{target_group="{}",name="{}",result="{}"}})", group, name,
                     result);
}

}  // namespace

TEST_CASE("addresses of a name come and go under load, and a name that is not answered keeps what it has") {
  Backend leaving("leaving");
  const std::string port = leaving.port();
  const BenchBackend second({"--listen", "127.0.0.2:" + port}), third({"--listen", "127.0.0.3:" + port});
  const BenchBackend quiet({}), one({}), other({});
  Dns dns;
  dns.addresses("web.test", {"127.0.0.1", "127.0.0.2"});
  dns.addresses("quiet.test", {"127.0.0.1"});
  dns.say({"_http._tcp.test", kSrv},
          {.records = {
               srv_record("_http._tcp.test", 1, 10,
                          static_cast<std::uint16_t>(std::stoi(port_of(one.address()))), "host.test", 1),
               srv_record("_http._tcp.test", 1, 30,
                          static_cast<std::uint16_t>(std::stoi(port_of(other.address()))), "host.test", 1)}});
  dns.addresses("host.test", {"127.0.0.1"});
  Daemon weir(
      "process: { workers: 2, state_dir: off, resolvers: [\"" + dns.address() +
      "\"] }\n"
      "log: { access: { output: off } }\n"
      "listeners:\n"
      "  web: { bind: 127.0.0.1:0, forward: app }\n"
      "  quiet: { bind: 127.0.0.1:0, forward: quiet }\n"
      "  srv: { bind: 127.0.0.1:0, forward: srv }\n"
      "  nowhere: { bind: 127.0.0.1:0, forward: nowhere }\n"
      "target_groups:\n"
      "  app:\n"
      "    health_check: { interval: 1s, fast_interval: 250ms }\n"
      "    retry: { attempts: 4, when: [connect_failure, reset] }\n"
      "    timeouts: { response: 5m }\n"
      "    targets: [ { dns: web.test, port: " +
      port +
      ", zone: a } ]\n"
      "  quiet: { targets: [ { dns: quiet.test, port: " +
      port_of(quiet.address()) +
      " } ] }\n"
      "  srv: { algorithm: round_robin, targets: [ { dns: _http._tcp.test, srv: true, weight: 2 } ] }\n"
      "  nowhere: { targets: [ { dns: nowhere.test, port: 80 } ] }\n");
  REQUIRE(all_serve(weir, "app", 2));
  REQUIRE(all_serve(weir, "quiet", 1));
  REQUIRE(all_serve(weir, "srv", 2));
  CHECK(targets(weir)["127.0.0.2:" + port]["owner"] == "dns");
  CHECK(targets(weir)["127.0.0.2:" + port]["zone"] == "a");

  // From here on nobody says anything about this one.
  for (const std::uint16_t type : {kA, kAaaa}) dns.say({"quiet.test", type}, {.silent = true});

  std::vector<Connection> held;
  REQUIRE(eventually([&] {
    held.emplace_back(weir.address());
    held.back().send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    return eventually([&] { return leaving.requests() >= 1; }, Milliseconds(200));
  }));
  Load load(weir, kSanitized ? "100" : "200");
  dns.addresses("web.test", {"127.0.0.2", "127.0.0.3"});
  CHECK(eventually([&] { return states(weir)["127.0.0.3:" + port] == "healthy"; }));

  // While the one that is not named any more is given its half a minute: the ports and weights of records,
  const Json records =
      Json::parse(weir.admin("/api/v1/targets?group=srv").body)["target_groups"][0]["targets"];
  std::map<std::string, unsigned> weights;
  for (const Json& target : records) weights[target["address"]] = target["weight"];
  CHECK(weights == std::map<std::string, unsigned>{{one.address(), 20}, {other.address(), 60}});
  for (int i = 0; i < 40; ++i) CHECK(fetch(weir.address("srv"), "/").status == 200);
  const Metrics metrics(weir);
  const auto gets = [&](const BenchBackend& target) {
    return metrics.sum("weir_target_requests_total", {fmt::format("target=\"{}\"", target.address())});
  };
  CHECK(gets(one) == doctest::Approx(10).epsilon(0.25));
  CHECK(gets(other) == doctest::Approx(30).epsilon(0.1));

  // a name that does not exist,
  CHECK(eventually([&] { return metric(weir, refreshes("nowhere", "nowhere.test", "nxdomain")) >= 3; }));
  const auto told = lines_with(weir.log(), "nowhere.test");
  REQUIRE(told.size() == 1);  // not at each question
  CHECK(told[0].find("nxdomain, no such name") != std::string::npos);
  CHECK(told[0].find("it has no targets") != std::string::npos);
  const Finished table = run_weir({"targets", "--admin", weir.admin_address()});
  CHECK_MESSAGE(table.out.find("nowhere.test: nxdomain, no such name") != std::string::npos, table.out);
  CHECK(fetch(weir.address("nowhere"), "/").status == 503);

  // and one that nobody answers for.
  CHECK(eventually([&] { return metric(weir, refreshes("quiet", "quiet.test", "failed")) >= 1; },
                   Milliseconds(60'000)));
  CHECK(states(weir, "quiet") == std::map<std::string, std::string>{{quiet.address(), "healthy"}});
  CHECK(fetch(weir.address("quiet"), "/").status == 200);
  const auto kept = lines_with(weir.log(), "quiet.test: failed, timeout");
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].find("targets kept: 1") != std::string::npos);

  CHECK(eventually([&] { return states(weir)["127.0.0.1:" + port] == "draining"; }, Milliseconds(60'000)));
  const auto before = answered(weir);
  CHECK(eventually([&] { return answered_since(before, weir)["127.0.0.3:" + port] >= 100; }));
  CHECK(answered_since(before, weir)["127.0.0.1:" + port] <= 32);  // those under way
  leaving.release();
  for (Connection& client : held) CHECK(client.answer().status == 200);
  CHECK(eventually([&] { return !states(weir).contains("127.0.0.1:" + port); }));
  check_none_failed(load.report());
}
