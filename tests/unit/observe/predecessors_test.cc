#include "lb/observe/predecessors.h"

#include <doctest/doctest.h>

#include "lb/observe/registry.h"
#include "lb/observe/totals_sum.h"

namespace weir::observe {
namespace {

constexpr std::string_view kSmallErrors[] = {"refused", "timeout"};
constexpr Vocabulary kSmallWords{kSmallErrors, kSmallErrors, kSmallErrors, kSmallErrors, kSmallErrors,
                                 {},           kSmallErrors, kSmallErrors, kSmallErrors, kSmallErrors};
const TargetKey kSharedTarget{"app", "az-1", "app-1"};

// Counts a request that was answered and, on the same connection, one that is under way.
void serve(Registry& registry) {
  const auto listener = registry.listener(0, "web");
  listener->connection_opened(ClientProtocol::http1);
  listener->requests.add(200);
  listener->errors.add(1);
  listener->desync.add(0, 1);
  listener->tls_handshakes.add(1, 0);
  listener->tls_unserved_names.add();
  listener->received_bytes.add(100);
  registry.route(0, "web", "app")->duration.observe(std::chrono::milliseconds(3));
  registry.route(0, "web", "app")->grpc.add(1, 0);
  registry.route(0, "web", "app")->grpc_failures.add(0);
  registry.rule(0, "web", "10")->requests.add();
  registry.group(0, "app")->retries.add(0);
  registry.group(0, "app")->queue_length.add();
  registry.target(0, kSharedTarget)->count_status(200);
  registry.target(0, kSharedTarget)->outstanding.add();
}

}  // namespace

TEST_CASE("what a predecessor has counted is added, and its counters outlive it while its gauges do not") {
  Registry old(kSmallWords), now(kSmallWords);
  serve(old);
  serve(old);
  serve(now);
  now.change_predecessors([&](Predecessors& them) { them.report(1, old.own_totals()); });
  const Totals both = now.totals();
  REQUIRE(both.listeners.size() == 1);
  CHECK(both.listeners[0].requests == std::vector<StatusTotal>{{200, 3}});
  CHECK(both.listeners[0].errors == std::vector<WordTotal>{{"timeout", 3}});
  CHECK(both.listeners[0].received_bytes == 300);
  CHECK(both.listeners[0].connections == 3);
  CHECK(both.listeners[0].connections_total[0] == 3);
  CHECK(both.listeners[0].desync == std::vector<WordPairTotal>{{{"refused", "timeout"}, 3}});
  CHECK(both.listeners[0].tls_handshakes == std::vector<WordPairTotal>{{{"timeout", "refused"}, 3}});
  CHECK(both.routes.at(0).duration.count() == 3);
  CHECK(both.routes.at(0).grpc == std::vector<WordPairTotal>{{{"timeout", "refused"}, 3}});
  CHECK(both.routes.at(0).grpc_failures == std::vector<WordTotal>{{"refused", 3}});
  CHECK(both.rules.at(0).requests == 3);
  CHECK(both.groups.at(0).retries == std::vector<WordTotal>{{"refused", 3}});
  CHECK(both.groups.at(0).queue_length == 3);
  CHECK(both.find_target(kSharedTarget)->requests[1] == 3);
  CHECK(both.find_target(kSharedTarget)->outstanding == 3);
  CHECK(now.own_totals().listeners[0].request_count() == 1);

  now.change_predecessors([](Predecessors& them) { them.end(1); });
  const Totals after = now.totals();
  CHECK(after.listeners[0].requests == std::vector<StatusTotal>{{200, 3}});
  CHECK(after.listeners[0].connections == 1);
  CHECK(after.listeners[0].websockets == 0);
  CHECK(after.groups.at(0).queue_length == 1);
  CHECK(after.find_target(kSharedTarget)->outstanding == 1);
  CHECK(after.find_target(kSharedTarget)->requests[1] == 3);
}

TEST_CASE("a listener that served TLS before an upgrade goes on to tell of handshakes") {
  Registry old(kSmallWords), now(kSmallWords);
  old.listener(0, "web")->expect_handshakes();
  now.listener(0, "web");
  now.change_predecessors([&](Predecessors& them) { them.report(1, old.own_totals()); });
  CHECK(now.totals().listeners.at(0).expects_handshakes);
  CHECK_FALSE(now.own_totals().listeners.at(0).expects_handshakes);
}

TEST_CASE("latencies of a predecessor with other buckets count from the next bound on that holds them") {
  using namespace std::chrono_literals;
  const auto of = [](const model::LatencyBounds& bounds) {
    return Registry(kSmallWords, LatencyBuckets::make(bounds));
  };
  Registry oldest = of({1ms, 5ms, 10ms}), old = of({1ms, 4ms, 10ms}), now = of({2ms, 10ms, 20ms});
  for (const auto taken : {500us, 3000us, 8000us, 20'000us}) {
    for (Registry* const registry : {&oldest, &old, &now}) {
      registry->route(0, "web", "app")->duration.observe(taken);
      registry->group(0, "app")->queue_wait.observe(taken);
      registry->target(0, kSharedTarget)->response.observe(taken);
    }
  }
  now.change_predecessors([&](Predecessors& them) {
    them.add_past(oldest.own_totals());
    them.report(1, old.own_totals());
  });
  const auto check = [&](const std::vector<std::uint64_t>& expected) {
    const Totals totals = now.totals();
    CHECK(totals.latency_bounds == now.latency_buckets()->bounds());
    for (const HistogramTotal& total :
         {totals.routes.at(0).duration, totals.groups.at(0).queue_wait, totals.targets.at(0).response}) {
      CHECK(total.buckets == expected);
      CHECK(total.sum == 3 * 31'500'000);
    }
  };
  check({3, 6, 1, 2});
  SUBCASE("and so they do when it has ended") {
    now.change_predecessors([](Predecessors& them) { them.end(1); });
    check({3, 6, 1, 2});
  }
  SUBCASE("what it tells later takes the place of what it has told") {
    now.change_predecessors([&](Predecessors& them) { them.report(1, old.own_totals()); });
    check({3, 6, 1, 2});
  }
}

TEST_CASE("no counter goes back, whatever the order of reports, ends and own counting") {
  Registry now(kSmallWords);
  std::vector<std::unique_ptr<Registry>> olds;
  std::vector<Totals> told;
  for (int i = 0; i < 3; ++i) {
    olds.push_back(std::make_unique<Registry>(kSmallWords));
    told.emplace_back();
  }
  std::uint64_t before = 0, expected = 0;
  std::uint32_t random = 7;
  for (int step = 0; step < 400; ++step) {
    random = random * 1664525 + 1013904223;
    const unsigned which = random >> 24 & 3;
    if (which == 3) {
      serve(now);
      ++expected;
    } else if (step < 300) {
      serve(*olds[which]);
      ++expected;
    }
    if ((random >> 16 & 1) != 0 || step == 350) {
      for (unsigned id = 0; id < 3; ++id) {
        const Totals all = olds[id]->own_totals();
        now.change_predecessors([&](Predecessors& them) { them.report(id, changes(all, told[id])); });
        told[id] = all;
      }
    }
    if (step == 360) now.change_predecessors([](Predecessors& them) { them.end(0), them.end(2); });
    const Totals totals = now.totals();
    const std::uint64_t count = totals.listeners.empty() ? 0 : totals.listeners[0].request_count();
    CHECK(count >= before);
    before = count;
  }
  CHECK(before == expected);
}

TEST_CASE("only what has changed is told") {
  Registry registry(kSmallWords);
  serve(registry);
  registry.listener(0, "other");
  const Totals before = registry.own_totals();
  Totals none;
  none.latency_bounds = before.latency_bounds;
  CHECK(changes(before, before) == none);
  registry.listener(0, "other")->requests.add(404);
  registry.target(0, {"app", "", "new"});
  const Totals changed = changes(registry.own_totals(), before);
  REQUIRE(changed.listeners.size() == 1);
  CHECK(changed.listeners[0].listener == "other");
  REQUIRE(changed.targets.size() == 1);
  CHECK(changed.targets[0].key.target == "new");
  CHECK(changed.routes.empty());
  Totals copy = before;
  replace(copy, changed);
  CHECK(copy == registry.own_totals());
}

TEST_CASE("what nobody counts any more is forgotten some time after the last predecessor has ended") {
  using namespace std::chrono_literals;
  Registry old(kSmallWords), now(kSmallWords);
  serve(old);
  old.target(0, {"app", "", "gone"})->count_status(200);
  const auto held = now.target(0, kSharedTarget);
  now.change_predecessors([&](Predecessors& them) { them.report(1, old.own_totals()); });
  base::Instant at{};
  now.forget(at);
  now.forget(at += 20min);
  CHECK(now.totals().find_target({"app", "", "gone"}) != nullptr);
  now.change_predecessors([](Predecessors& them) { them.end(1); });
  now.forget(at);
  now.forget(at += 9min);
  CHECK(now.totals().find_target({"app", "", "gone"}) != nullptr);
  now.forget(at += 2min);
  CHECK(now.totals().find_target({"app", "", "gone"}) == nullptr);
  CHECK(now.totals().find_target(kSharedTarget)->requests[1] == 1);
}

TEST_CASE("words of other versions are kept once") {
  const std::string word = "a word";
  const std::string_view kept = kept_word(word);
  CHECK(kept == "a word");
  CHECK(kept.data() != word.data());
  CHECK(kept_word(std::string("a word")).data() == kept.data());
}

}  // namespace weir::observe
