#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "tests/integration/probe/probes.h"

using namespace std::chrono_literals;
using weir::model::HealthCheck;
using weir::net::TimerWheel;
using weir::probe::ProbeId;
using weir::test::answer;
using weir::test::Peer;
using weir::test::Probes;
using weir::test::Target;

namespace {

HealthCheck tcp() {
  HealthCheck check;
  check.protocol = HealthCheck::Protocol::tcp;
  return check;
}

std::shared_ptr<const HealthCheck> shared(HealthCheck check) {
  return std::make_shared<const HealthCheck>(std::move(check));
}

}  // namespace

TEST_CASE("no more probes than allowed are under way, and the others follow in the order of their times") {
  constexpr unsigned kMost = 16;
  constexpr ProbeId kTargets = 100;
  Probes probes(kMost);
  Target target = probes.target();
  const auto check = shared({});
  for (ProbeId id = 0; id < kTargets; ++id) {
    probes.prober.add(id, target.address(), check);
    probes.clock.advance(1us);
    probes.turn();
  }
  probes.advance(TimerWheel::kTick);
  std::vector<std::unique_ptr<Peer>> peers;
  REQUIRE(probes.run_until([&] {
    while (auto peer = target.accept_now()) peers.push_back(std::move(peer));
    return peers.size() == kMost;
  }));
  for (int i = 0; i < 10; ++i) probes.turn();
  CHECK(target.accept_now() == nullptr);
  CHECK(probes.prober.under_way() == kMost);
  CHECK(probes.results.empty());

  std::size_t answered = 0;
  REQUIRE(probes.run_until([&] {
    while (auto peer = target.accept_now()) peers.push_back(std::move(peer));
    if (answered < peers.size()) {
      peers[answered]->read();
      peers[answered++]->send(answer(200));
    }
    REQUIRE(probes.prober.under_way() <= kMost);
    return probes.results.size() == kTargets;
  }));
  // Batches of kMost may finish in any order within themselves.
  for (std::size_t i = 0; i < probes.results.size(); ++i) {
    const auto id = static_cast<std::ptrdiff_t>(probes.results[i].first);
    CHECK(std::abs(id - static_cast<std::ptrdiff_t>(i)) < 2 * static_cast<std::ptrdiff_t>(kMost));
  }
  CHECK(probes.prober.under_way() == 0);
}

TEST_CASE("more than 256 targets are all probed, each once before any is probed twice") {
  constexpr ProbeId kTargets = 2000;
  Probes probes;
  Target target = probes.target();
  const auto check = shared(tcp());
  for (ProbeId id = 0; id < kTargets; ++id) probes.prober.add(id, target.address(), check);
  std::set<ProbeId> seen;
  REQUIRE(probes.run_until([&] {
    probes.clock.advance(TimerWheel::kTick / 100);
    while (target.accept_now() != nullptr) {
    }
    REQUIRE(probes.prober.under_way() <= 256);
    return probes.results.size() >= kTargets;
  }));
  for (std::size_t i = 0; i < kTargets; ++i) {
    CHECK(probes.results[i].second.passed());
    seen.insert(probes.results[i].first);
  }
  CHECK(seen.size() == kTargets);
}

TEST_CASE("a target that is removed while its probe is under way or waits is not heard of again") {
  Probes probes(1);
  Target target = probes.target();
  probes.add(1, target.address());
  probes.add(2, target.address());
  probes.add(3, target.address());
  const auto first = target.accept();
  REQUIRE(first);
  CHECK(probes.prober.under_way() == 1);
  probes.prober.remove(2);
  probes.prober.remove(1);
  CHECK(probes.prober.under_way() == 0);
  probes.advance(TimerWheel::kTick);
  CHECK(first->wait_gone());
  const auto next = target.accept();
  REQUIRE(next);
  next->read();
  next->send(answer(200));
  probes.result();
  CHECK(probes.results.size() == 1);
  CHECK(probes.results[0].first == 3);
  CHECK(probes.prober.targets() == 1);
}

TEST_CASE("whoever hears a result may remove, add and change targets, its own too") {
  Probes probes;
  Target target = probes.target();
  const auto check = shared(tcp());
  int added = 0;
  probes.then = [&](ProbeId id) {
    switch (id % 3) {
      case 0: probes.prober.remove(id); break;
      case 1:
        if (++added <= 3) probes.prober.add(id, target.address(), check);
        probes.prober.set_changing(id, false);
        break;
      default: probes.prober.remove(id == 2 ? 5 : 2); break;
    }
  };
  for (ProbeId id = 0; id < 6; ++id) probes.prober.add(id, target.address(), check);
  probes.run_until([&] {
    probes.clock.advance(1ms);
    return added > 3;
  });
  CHECK(probes.prober.under_way() <= probes.prober.targets());
  CHECK(probes.results.size() >= 6);
}

TEST_CASE("a prober may end with probes under way, waiting and just finished") {
  Probes probes(4);
  Target target = probes.target();
  const auto check = shared({});
  std::vector<std::unique_ptr<Peer>> peers;
  for (ProbeId id = 0; id < 20; ++id) probes.prober.add(id, target.address(), check);
  probes.advance(TimerWheel::kTick);
  for (int i = 0; i < 4; ++i) peers.push_back(target.accept());
  peers[0]->read();
  peers[0]->send(answer(200));
  probes.result();
  CHECK(probes.prober.under_way() > 0);
}

TEST_CASE("a probe that no descriptor is left for says nothing about its target, and is made later") {
  Probes probes;
  Target target = probes.target();
  HealthCheck check = tcp();
  check.interval = check.fast_interval = 100ms;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 3;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  probes.add(1, target.address(), check);
  probes.advance(50ms);
  const std::uint64_t skipped = probes.prober.skipped();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(skipped > 0);
  CHECK(probes.results.empty());
  CHECK(probes.prober.under_way() == 0);
  probes.advance(200ms);
  CHECK(probes.result().passed());
}
