#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "tests/integration/probe/probes.h"

using namespace std::chrono_literals;
using weir::base::Duration;
using weir::base::WallTime;
using weir::model::HealthCheck;
using weir::net::TimerWheel;
using weir::test::answer;
using weir::test::paced;
using weir::test::Peer;
using weir::test::Probes;
using weir::test::Target;

namespace {

// Answers whatever has come, `after` it came as the clock has it.
class Answering {
 public:
  Answering(Probes& probes, Target& target, Duration after)
      : probes_(probes), target_(target), after_(after) {}

  void serve() {
    while (auto peer = target_.accept_now())
      waiting_.push_back({std::move(peer), probes_.clock.now() + after_});
    for (Waiting& each : waiting_) {
      if (each.peer && each.at <= probes_.clock.now()) {
        each.peer->send(answer(200));
        done_.push_back(std::move(each.peer));
      }
    }
    std::erase_if(waiting_, [](const Waiting& each) { return each.peer == nullptr; });
  }

 private:
  struct Waiting {
    std::unique_ptr<Peer> peer;
    weir::base::Instant at;
  };
  Probes& probes_;
  Target& target_;
  Duration after_;
  std::vector<Waiting> waiting_;
  std::vector<std::unique_ptr<Peer>> done_;
};

// Lets `time` pass in steps, so that everything that has to happen in one does.
void pass(Probes& probes, Answering& answering, Duration time) {
  for (Duration passed{0}; passed < time; passed += 20ms) {
    probes.clock.advance(20ms);
    for (int i = 0; i < 6; ++i) {
      probes.loop.run_once({});
      answering.serve();
    }
  }
}

std::vector<Duration> distances(const Probes& probes) {
  std::vector<Duration> result;
  for (std::size_t i = 2; i < probes.results.size(); ++i) {
    result.push_back(probes.results[i].second.at - probes.results[i - 1].second.at);
  }
  return result;
}

}  // namespace

TEST_CASE("one interval lies between starts, however slow the answers are") {
  for (const Duration slow : {Duration(0ms), Duration(700ms)}) {
    Probes probes;
    Target target = probes.target();
    Answering answering(probes, target, slow);
    probes.add(1, target.address(), paced(1000ms, 900ms));
    pass(probes, answering, 12s);
    CHECK(probes.results.size() >= 11);
    CHECK(probes.results.size() <= 13);
    for (const Duration distance : distances(probes)) {
      CHECK(distance >= 980ms - TimerWheel::kTick);
      CHECK(distance <= 1020ms + TimerWheel::kTick);
    }
    for (const auto& [id, result] : probes.results) CHECK(result.passed());
  }
}

TEST_CASE("a probe that outlasts the interval is not doubled: the next one starts when it is over") {
  Probes probes;
  Target target = probes.target();
  probes.add(1, target.address(), paced(500ms, 2000ms));
  Answering never(probes, target, 1h);
  for (int i = 0; i < 450; ++i) {
    pass(probes, never, 20ms);
    REQUIRE(probes.prober.under_way() <= 1);
  }
  CHECK(probes.results.size() == 4);
  for (const Duration distance : distances(probes)) CHECK(distance - 2s <= 60ms);
}

TEST_CASE("a changing target is probed at the fast interval, from the next start on") {
  HealthCheck check = paced(5000ms, 1000ms);
  check.fast_interval = 500ms;
  Probes probes;
  Target target = probes.target();
  Answering answering(probes, target, 0s);
  probes.add(1, target.address(), check);
  pass(probes, answering, 5s);
  CHECK(probes.results.size() >= 9);
  CHECK(probes.results.size() <= 12);

  probes.prober.set_changing(1, false);
  std::size_t before = probes.results.size();
  pass(probes, answering, 10s);
  CHECK(probes.results.size() - before == 2);

  // 2 s behind a start, 500 ms behind it is the past.
  while (probes.results.size() - before < 3) pass(probes, answering, 20ms);
  pass(probes, answering, 2s);
  before = probes.results.size();
  probes.prober.set_changing(1, true);
  pass(probes, answering, 60ms);
  CHECK(probes.results.size() == before + 1);
}

TEST_CASE("set_changing and remove of an unknown target do nothing") {
  Probes probes;
  probes.prober.set_changing(5, true);
  probes.prober.remove(5);
  CHECK(probes.prober.targets() == 0);
}
