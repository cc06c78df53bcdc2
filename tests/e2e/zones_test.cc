// Where requests go when targets stand in zones.

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/e2e/fleet.h"

using namespace weir::e2e;

namespace {

constexpr const char* kInZoneA = ", zone: a";

// What part of so many requests that come now each target gets.
std::map<std::string, double> parts_of(const Daemon& weir, double requests = kSanitized ? 300 : 1000) {
  const auto before = answered(weir);
  REQUIRE(eventually([&] {
    double all = 0;
    for (const auto& [id, count] : answered_since(before, weir)) all += count;
    return all >= requests;
  }));
  return shares(answered_since(before, weir));
}

}  // namespace

TEST_CASE("a zone is shifted away for a time, but not the last one with a healthy target") {
  Fleet fleet(5);
  Daemon weir(group_of(fleet));
  REQUIRE(all_healthy(weir));
  const auto shift = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"zone", "shift"});
    arguments.insert(arguments.end(), {"--admin", weir.admin_address()});
    return run_weir(std::move(arguments));
  };
  CHECK(shift({"a", "--for", "1m", "--reason", "power"}).code == 0);
  CHECK(shift({"b", "--for", "1m"}).code == 0);
  const Finished last = shift({"c", "--for", "1m"});
  CHECK(last.code != 0);
  CHECK(last.err.find("--force") != std::string::npos);
  CHECK(shift({"nowhere", "--for", "1m"}).err.find("no target stands in a zone 'nowhere'") !=
        std::string::npos);
  CHECK(metric(weir, R"(weir_zone_shifted{zone="a"})") == 1);
  const double before =
      metric(weir, R"(weir_target_requests_total{target_group="app",zone="c",target="t4",code_class="2xx"})");
  for (int i = 0; i < 20; ++i) CHECK(fetch(weir.address(), "/").status == 200);
  CHECK(metric(weir,
               R"(weir_target_requests_total{target_group="app",zone="c",target="t4",code_class="2xx"})") ==
        before + 20);
  CHECK(run_weir({"zone", "unshift", "a", "--admin", weir.admin_address()}).code == 0);
  CHECK(targets(weir)["t0"]["zone_shifted"] == false);
}

TEST_CASE("targets of uneven zones get the same load each") {
  Fleet fleet;
  Daemon weir(group_of(fleet, kChecks, kInZoneA));
  REQUIRE(all_healthy(weir));
  Load load(weir);
  for (const auto& [id, part] : parts_of(weir)) {
    CAPTURE(id);
    CHECK(part == doctest::Approx(0.2).epsilon(0.35));
  }
  check_none_failed(load.report());
}

TEST_CASE("requests stay in the own zone while it can carry its part, and spill in proportion then") {
  Fleet fleet;
  Daemon weir(group_of(fleet, std::string("    cross_zone: prefer\n") + kChecks, kInZoneA));
  REQUIRE(all_healthy(weir));
  Load load(weir);
  auto parts = parts_of(weir);
  CHECK(parts["t0"] + parts["t1"] > 0.97);

  // 1.4 times what is left of it: 0.7. The rest goes to three others alike.
  fleet.kill(0);
  REQUIRE(becomes(weir, "t0", "unhealthy"));
  parts = parts_of(weir);
  CHECK(parts["t0"] == 0);
  CHECK(parts["t1"] == doctest::Approx(0.7).epsilon(0.2));
  for (const char* const other : {"t2", "t3", "t4"}) {
    CAPTURE(other);
    CHECK(parts[other] == doctest::Approx(0.1).epsilon(0.6));
  }

  fleet.kill(1);
  REQUIRE(becomes(weir, "t1", "unhealthy"));
  parts = parts_of(weir);
  CHECK(parts["t0"] + parts["t1"] == 0);

  fleet.bring_back(0);
  fleet.bring_back(1);
  REQUIRE(all_healthy(weir));
  parts = parts_of(weir);
  CHECK(parts["t0"] + parts["t1"] > 0.97);
  check_none_failed(load.report());
}

TEST_CASE("with cross_zone off no request leaves the own zone, not even a dead one") {
  Fleet fleet;
  Daemon weir(group_of(fleet, std::string("    cross_zone: off\n") + kChecks, kInZoneA));
  REQUIRE(all_healthy(weir));
  const auto before = answered(weir);
  for (int i = 0; i < 40; ++i) CHECK(fetch(weir.address(), "/").status == 200);
  auto since = answered_since(before, weir);
  CHECK(since["t0"] + since["t1"] == 40);

  fleet.kill(0);
  REQUIRE(becomes(weir, "t0", "unhealthy"));
  for (int i = 0; i < 20; ++i) CHECK(fetch(weir.address(), "/").field("X-Target") == "t1");
  fleet.kill(1);
  REQUIRE(becomes(weir, "t1", "unhealthy"));
  CHECK(fetch(weir.address(), "/").status == 502);
  since = answered_since(before, weir);
  CHECK(since["t2"] + since["t3"] + since["t4"] == 0);
}
