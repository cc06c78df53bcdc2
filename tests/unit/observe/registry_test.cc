#include "lb/observe/registry.h"

#include <doctest/doctest.h>

#include <thread>

using weir::observe::ClientProtocol;
using weir::observe::ListenerTotal;
using weir::observe::Registry;
using weir::observe::Rejection;
using weir::observe::StatusTotal;
using weir::observe::TargetKey;
using weir::observe::TargetTotal;
using weir::observe::Totals;
using weir::observe::Vocabulary;
using weir::observe::WordPairTotal;
using weir::observe::WordTotal;

using namespace std::chrono_literals;

namespace {

constexpr std::string_view kRegistryErrors[] = {"refused", "timeout"};
constexpr std::string_view kRegistryClasses[] = {"acceptable", "severe"};
constexpr std::string_view kRegistryReasons[] = {"EmptyHeader", "BadMethod"};
constexpr std::string_view kRegistryRetries[] = {"connect_failure"};
constexpr std::string_view kRegistryResults[] = {"full", "resumed", "plain_http"};
constexpr std::string_view kRegistryVersions[] = {"TLSv1.2", "TLSv1.3", "none"};
constexpr Vocabulary kRegistryWords{.errors = kRegistryErrors,
                                    .desync_classes = kRegistryClasses,
                                    .desync_reasons = kRegistryReasons,
                                    .connection_errors = kRegistryErrors,
                                    .retries = kRegistryRetries,
                                    .tls_results = kRegistryResults,
                                    .tls_versions = kRegistryVersions};

const TargetKey kTarget{"app", "az-1", "app-1"};

}  // namespace

TEST_CASE("the same worker gets the same counters again, another worker its own") {
  Registry registry(kRegistryWords);
  CHECK(registry.listener(0, "web") == registry.listener(0, "web"));
  CHECK(registry.listener(0, "web") != registry.listener(1, "web"));
  CHECK(registry.listener(0, "web") != registry.listener(0, "api"));
  CHECK(registry.target(3, kTarget) == registry.target(3, kTarget));
  CHECK(registry.target(3, kTarget) != registry.target(3, {"app", "az-2", "app-1"}));
  CHECK(registry.route(0, "web", "app") != registry.route(0, "web", ""));
  CHECK(registry.group(0, "app") == registry.group(0, "app"));
}

TEST_CASE("counters that everybody let go of are not forgotten") {
  Registry registry(kRegistryWords);
  registry.target(0, kTarget)->count_status(200);
  registry.target(0, kTarget)->count_status(200);
  CHECK(registry.totals().targets.at(0).requests[1] == 2);
}

TEST_CASE("totals add up what the workers counted") {
  Registry registry(kRegistryWords);
  for (unsigned worker : {0U, 2U}) {
    const auto listener = registry.listener(worker, "web");
    listener->connection_opened(ClientProtocol::http1);
    listener->connection_opened(ClientProtocol::http1);
    listener->connection_closed();
    listener->received_bytes.add(10);
    listener->sent_bytes.add(100 + worker);
    listener->websockets.add();
    listener->requests.add(200);
    listener->requests.add(worker == 0 ? 404 : 502);
    listener->errors.add(1);
    listener->rejections.add(Rejection::process_limit);
    listener->desync.add(1, 0);
    listener->tls_handshakes.add(0, 1);
    listener->tls_unserved_names.add(1 + worker);
    listener->tls_handshakes.add(worker == 0 ? 2 : 99, 2);
    registry.route(worker, "web", "app")->duration.observe(std::chrono::milliseconds(1));
    registry.group(worker, "app")->retries.add(0, 3);
  }
  const Totals totals = registry.totals();
  const ListenerTotal* web = totals.find_listener("web");
  REQUIRE(web != nullptr);
  CHECK(web->connections == 2);
  CHECK(web->connections_total[0] == 4);
  CHECK(web->received_bytes == 20);
  CHECK(web->sent_bytes == 202);
  CHECK(web->tls_unserved_names == 4);
  CHECK(web->websockets == 2);
  CHECK(web->requests == std::vector<StatusTotal>{{200, 2}, {404, 1}, {502, 1}});
  CHECK(web->request_count() == 4);
  CHECK(web->errors == std::vector<WordTotal>{{"timeout", 2}});
  CHECK(web->rejections == std::vector<WordTotal>{{"process_limit", 2}});
  CHECK(web->desync == std::vector<WordPairTotal>{{{"severe", "EmptyHeader"}, 2}});
  CHECK(web->tls_handshakes == std::vector<WordPairTotal>{{{"full", "TLSv1.3"}, 2},
                                                          {{"plain_http", "none"}, 1},
                                                          {{"other", "none"}, 1}});
  CHECK(totals.routes.at(0).duration.count() == 2);
  CHECK(totals.routes.at(0).duration.sum == 2'000'000);
  CHECK(totals.groups.at(0).retries == std::vector<WordTotal>{{"connect_failure", 6}});
}

TEST_CASE("a listener expects handshakes if it does with one worker") {
  Registry registry(kRegistryWords);
  registry.listener(0, "web");
  registry.listener(1, "web")->expect_handshakes();
  registry.listener(0, "plain");
  CHECK(registry.totals().find_listener("web")->expects_handshakes);
  CHECK_FALSE(registry.totals().find_listener("plain")->expects_handshakes);
}

TEST_CASE("totals of a target know its requests, connections and errors") {
  Registry registry(kRegistryWords);
  for (unsigned worker : {0U, 1U}) {
    const auto target = registry.target(worker, kTarget);
    target->outstanding.add(2);
    target->outstanding.subtract();
    target->active_connections.add(3);
    target->idle_connections.set(4);
    target->count_status(503);
    target->connection_errors.add(0);
    target->connection_errors.add(99);
    target->response.observe(std::chrono::seconds(2));
  }
  registry.target(0, {"app", "az-0", "first"});
  const Totals totals = registry.totals();
  CHECK(totals.targets.at(0).key.target == "first");
  CHECK(totals.find_target({"app", "az-1", "other"}) == nullptr);
  const TargetTotal* target = totals.find_target(kTarget);
  REQUIRE(target != nullptr);
  CHECK(target->outstanding == 2);
  CHECK(target->active_connections == 6);
  CHECK(target->idle_connections == 8);
  CHECK(target->requests[4] == 2);
  CHECK(target->request_count() == 2);
  CHECK(target->response.count() == 2);
  CHECK(target->connection_errors == std::vector<WordTotal>{{"refused", 2}, {"other", 2}});
  CHECK(target->connection_error_count() == 4);
}

TEST_CASE("workers count while others are added and totals are taken") {
  Registry registry(kRegistryWords);
  std::vector<std::thread> workers;
  workers.reserve(3);
  for (unsigned worker = 0; worker < 3; ++worker) {
    workers.emplace_back([&registry, worker] {
      const auto listener = registry.listener(worker, "web");
      for (int i = 0; i < 20'000; ++i) listener->requests.add(200);
      registry.target(worker, kTarget)->count_status(200);
    });
  }
  std::uint64_t last = 0;
  for (int i = 0; i < 50; ++i) {
    const Totals totals = registry.totals();
    const ListenerTotal* web = totals.find_listener("web");
    const std::uint64_t now = web == nullptr ? 0 : web->request_count();
    CHECK(now >= last);
    last = now;
  }
  for (std::thread& worker : workers) worker.join();
  CHECK(registry.totals().find_listener("web")->request_count() == 60'000);
}

TEST_CASE("a target that no worker holds is forgotten ten minutes later, one that is held never") {
  using namespace std::chrono_literals;
  const weir::base::Instant start{1h};
  Registry registry(kRegistryWords);
  auto left = registry.target(0, kTarget);
  left->count_status(200);
  const auto held = registry.target(0, {"app", "az-1", "app-2"});
  registry.forget(start);
  left.reset();
  registry.forget(start + 1min);
  registry.forget(start + 10min);
  REQUIRE(registry.totals().find_target(kTarget) != nullptr);
  SUBCASE("it comes back in time") {
    left = registry.target(0, kTarget);
    registry.forget(start + 11min);
    left.reset();
    registry.forget(start + 12min);
    registry.forget(start + 21min);
    CHECK(registry.totals().find_target(kTarget)->request_count() == 1);
  }
  SUBCASE("it does not") {
    registry.forget(start + 11min);
    CHECK(registry.totals().find_target(kTarget) == nullptr);
    CHECK(registry.target(0, kTarget)->requests[1].value() == 0);
  }
  CHECK(registry.totals().find_target({"app", "az-1", "app-2"}) != nullptr);
}

TEST_CASE("targets that come when the series are used up count together, for as long as they are there") {
  Registry registry(kRegistryWords);
  registry.set_max_series(3 * registry.series_of_target());
  const auto key = [](int number) { return TargetKey{"app", "az-1", "t" + std::to_string(number)}; };
  const TargetKey other{"app", "az-1", "other"};
  auto first = registry.target(0, key(1));
  const auto second = registry.target(0, key(2));
  auto third = registry.target(0, key(3));
  auto third_elsewhere = registry.target(1, key(3));
  const auto fourth = registry.target(0, key(4));
  for (const auto& counters : {first, second, third, third_elsewhere, fourth}) counters->count_status(200);
  CHECK(registry.folded_targets() == 2);
  CHECK(registry.totals().find_target(key(1))->request_count() == 1);
  CHECK(registry.totals().find_target(other)->request_count() == 3);
  CHECK(registry.totals().find_target(key(3)) == nullptr);
  SUBCASE("a higher bound is for those that come, and for those that come back") {
    registry.set_max_series(10 * registry.series_of_target());
    registry.target(0, key(3))->count_status(200);
    CHECK(registry.totals().find_target(other)->request_count() == 4);
    third.reset();
    registry.target(0, key(3))->count_status(200);
    CHECK(registry.totals().find_target(other)->request_count() == 5);
    third_elsewhere.reset();
    registry.target(0, key(3))->count_status(200);
    CHECK(registry.totals().find_target(key(3))->request_count() == 1);
    CHECK(registry.totals().find_target(other)->request_count() == 5);
    CHECK(registry.folded_targets() == 1);
  }
  SUBCASE("a target that has left gives its series back when it is forgotten") {
    const weir::base::Instant start(std::chrono::hours(1));
    first.reset();
    registry.forget(start);
    registry.forget(start + std::chrono::minutes(11));
    registry.target(0, key(5))->count_status(200);
    CHECK(registry.totals().find_target(key(5)) != nullptr);
    CHECK(registry.totals().targets.size() == 3);
  }
}

TEST_CASE("the bound on series holds with the targets that count together") {
  Registry registry(kRegistryWords);
  registry.set_max_series(1'000);
  const std::size_t most = 1'000 / registry.series_of_target();
  std::vector<std::shared_ptr<weir::observe::TargetCounters>> held;
  for (int i = 0; i < 100; ++i) {
    for (unsigned worker : {0U, 1U}) {
      held.push_back(
          registry.target(worker, {"app", "az-" + std::to_string(i % 3), "t" + std::to_string(i)}));
    }
  }
  CHECK(registry.totals().targets.size() == most);
  CHECK(registry.folded_targets() == 100 - (most - 3));

  held.push_back(registry.target(0, {"late", "", "t"}));
  CHECK(registry.totals().targets.size() == most + 1);  // "other" of the late group
}

TEST_CASE("room for an other is given back with the last target of its zone, and kept for those that stay") {
  const weir::base::Instant start(1h);
  Registry registry(kRegistryWords);
  registry.set_max_series(4 * registry.series_of_target());
  auto left = registry.target(0, {"app", "az-1", "left"});
  const auto stays = registry.target(0, {"app", "az-2", "stays"});
  CHECK(registry.totals().targets.size() == 2);  // and two others may come
  left.reset();
  registry.forget(start);
  registry.forget(start + 11min);
  const auto second = registry.target(0, {"app", "az-2", "second"});
  const auto third = registry.target(0, {"app", "az-2", "third"});
  const auto fourth = registry.target(0, {"app", "az-2", "fourth"});
  CHECK(registry.folded_targets() == 1);
  CHECK(registry.totals().targets.size() == 4);
  CHECK(registry.totals().find_target({"app", "az-2", "third"}) != nullptr);
  CHECK(registry.totals().find_target({"app", "az-2", "other"}) != nullptr);
}
