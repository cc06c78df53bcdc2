// How each algorithm spreads load over real targets.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <deque>

#include "tests/e2e/fleet.h"

using namespace weir::e2e;

namespace {

constexpr const char* kByKey = "    algorithm: consistent_hash\n    hash: { key: query:key }\n";

// Which target answers each key, asked for one after the other.
std::map<int, std::string> owners(const Daemon& weir, int keys) {
  std::map<int, std::string> result;
  for (int key = 0; key < keys; ++key) {
    const Answer answer = fetch(weir.address(), fmt::format("/?key={}", key));
    CHECK(answer.status == 200);
    result[key] = answer.field("X-Target");
  }
  return result;
}

double effective_weight(const Daemon& weir, const std::string& target) {
  return targets(weir)[target].value("effective_weight", 0.0);
}

}  // namespace

TEST_CASE(
    "one target that is ten times slower shows in the slowest hundredth only where turns are taken blindly") {
  constexpr std::size_t kTargets = 24;
  const auto p99 = [](const std::string& algorithm, bool with_slow_one) {
    Fleet fleet(kTargets, {"--delay", "100ms"});
    if (with_slow_one) fleet.replace(7, {"--delay", "1s"});
    Daemon weir(group_of(fleet, "    algorithm: " + algorithm + "\n    health_check: off\n"));
    const Json report = load({"http://" + weir.address() + "/", "-c", "96", "-d", "6s", "--warmup", "2s"});
    check_none_failed(report);
    return report["latency_microseconds"]["p99"].get<double>();
  };
  const double without = p99("power_of_two", false);
  CHECK(p99("power_of_two", true) < 2 * without);
  CHECK(p99("least_outstanding", true) < 2 * without);
  CHECK(p99("round_robin", true) > 5 * without);
}

TEST_CASE("peak_ewma leaves little to a target that is ten times slower") {
  Fleet fleet(4, {"--delay", "10ms"});
  fleet.replace(2, {"--delay", "100ms"});
  Daemon weir(group_of(fleet, "    algorithm: peak_ewma\n    health_check: off\n"));
  check_none_failed(load({"http://" + weir.address() + "/", "-c", "8", "-d", "2s", "--warmup", "500ms"}));
  const auto parts = shares(answered(weir));
  CHECK(parts.at("t2") < 0.3 * parts.at("t0"));
  CHECK(parts.at("t2") < 0.3 * parts.at("t1"));
  CHECK(parts.at("t2") < 0.3 * parts.at("t3"));
}

TEST_CASE("random gives each target its weight's part") {
  Fleet fleet(3);
  fleet.set_weight(1, 2);
  fleet.set_weight(2, 4);
  Daemon weir(group_of(fleet, "    algorithm: random\n    health_check: off\n"));
  check_none_failed(load({"http://" + weir.address() + "/", "-c", "8", "-d", "1s", "--warmup", "0s"}));
  const auto parts = shares(answered(weir));
  CHECK(parts.at("t0") == doctest::Approx(1.0 / 7).epsilon(0.3));
  CHECK(parts.at("t1") == doctest::Approx(2.0 / 7).epsilon(0.2));
  CHECK(parts.at("t2") == doctest::Approx(4.0 / 7).epsilon(0.1));
}

TEST_CASE("consistent_hash keeps a key at its target, and only the keys of one that dies move") {
  constexpr int kKeys = 100;
  Fleet fleet;
  Daemon weir(group_of(fleet, kByKey + std::string(kChecks)));
  REQUIRE(all_healthy(weir));
  const auto before = owners(weir, kKeys);
  CHECK(owners(weir, kKeys) == before);
  std::map<std::string, int> keys_of;
  for (const auto& [key, owner] : before) ++keys_of[owner];
  CHECK(keys_of.size() == 5);

  fleet.kill(2);
  REQUIRE(becomes(weir, "t2", "unhealthy"));
  std::set<std::string> heirs;
  for (const auto& [key, owner] : owners(weir, kKeys)) {
    CAPTURE(key);
    if (before.at(key) != "t2") {
      CHECK(owner == before.at(key));
    } else {
      CHECK(owner != "t2");
      heirs.insert(owner);
    }
  }
  if (keys_of["t2"] >= 8) CHECK(heirs.size() > 1);

  fleet.bring_back(2);
  REQUIRE(becomes(weir, "t2", "healthy"));
  CHECK(owners(weir, kKeys) == before);
}

TEST_CASE(
    "requests for one key that everybody asks for spill over when its target has its part and a quarter") {
  constexpr int kTogether = 20;
  Fleet fleet(5, {"--delay", kSanitized ? "5s" : "1s"});
  Daemon weir(group_of(fleet, kByKey + std::string("    health_check: off\n")));
  std::deque<Connection> clients;
  for (int i = 0; i < kTogether; ++i) {
    clients.emplace_back(weir.address());
    clients.back().send("GET /?key=hot HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  std::map<std::string, int> count;
  for (Connection& client : clients) ++count[client.answer().field("X-Target")];
  CHECK(count.size() >= 4);
  // A quarter beyond 20 / 5 is 5; two workers may pick at the same time.
  for (const auto& [target, requests] : count) {
    CAPTURE(target);
    CHECK(requests <= 6);
  }
}

TEST_CASE("a target that joins warm ones gets its part little by little") {
  Fleet fleet(3);
  BenchBackend guest({});
  Daemon weir(group_of(fleet, std::string("    slow_start: 4s\n") + kChecks));
  REQUIRE(all_healthy(weir));
  Load load(weir, kSanitized ? "100" : "1500");
  // Whoever starts together with all others is warm.
  REQUIRE(effective_weight(weir, "t0") == 1);
  auto before = answered(weir);
  REQUIRE(run_weir({"register", "app", guest.address(), "--zone", "b", "--id", "guest", "--admin",
                    weir.admin_address()})
              .code == 0);
  REQUIRE(becomes(weir, "guest", "healthy"));
  const auto part_until = [&](double weight) {
    CHECK(eventually([&] { return effective_weight(weir, "guest") >= weight; }));
    const auto now = answered(weir);
    const auto since = answered_since(before, weir);
    before = now;
    return 3 * since.at("guest") / (since.at("t0") + since.at("t1") + since.at("t2"));
  };
  const double early = part_until(0.4), late = part_until(1);
  REQUIRE(eventually([&] { return answered_since(before, weir)["t0"] >= (kSanitized ? 100 : 400); }));
  const double whole = part_until(1);
  MESSAGE("of a warm target's requests it gets " << early << " below a weight of 0.4, " << late
                                                 << " up to 1, " << whole << " then");
  CHECK(early < 0.5);
  CHECK(late > early);
  CHECK(whole == doctest::Approx(1).epsilon(0.5));
  check_none_failed(load.report());
}
