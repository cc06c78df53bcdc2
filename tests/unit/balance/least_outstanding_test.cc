#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "tests/unit/balance/group.h"

using weir::base::Random;
using weir::model::Algorithm;
using namespace weir::balance;        // NOLINT(google-build-using-namespace)
using namespace weir::balance::test;  // NOLINT(google-build-using-namespace)

namespace {

std::uint32_t minimum(Group& group) {
  std::uint32_t least = Load::kUnlimited;
  for (Slot slot = 0; slot < group.members.size(); ++slot) {
    least = std::min(least, group.load(slot).outstanding.load());
  }
  return least;
}

}  // namespace

// Workers are simulated: each step is one worker's pick, the begin of one it has picked, or an end.
TEST_CASE("least outstanding: the pick has at most workers - 1 more than the minimum") {
  for (const std::size_t workers : {1, 2, 4}) {
    for (const std::size_t targets : {3, 9, 100}) {
      CAPTURE(workers);
      CAPTURE(targets);
      Random random(9);
      Group group(Algorithm::least_outstanding);
      group.add_many(targets);
      std::vector<std::unique_ptr<Picker>> pickers;
      for (std::size_t i = 0; i < workers; ++i) {
        pickers.push_back(std::make_unique<Picker>(Algorithm::least_outstanding, random));
        pickers.back()->adopt(group.build());
      }
      std::vector<std::optional<Slot>> picked(workers);
      std::vector<Slot> open;
      for (int step = 0; step < 20'000; ++step) {
        const std::size_t worker = random.below(workers);
        Picker& picker = *pickers[worker];
        if (picked[worker]) {
          CHECK(group.load(*picked[worker]).outstanding <= minimum(group) + workers - 1);
          group.begin(picker, *picked[worker]);
          open.push_back(*picked[worker]);
          picked[worker].reset();
        } else if (random.below(3) != 0) {
          picked[worker] = picker.pick({});
        } else if (!open.empty() && std::ranges::none_of(picked, &std::optional<Slot>::has_value)) {
          const std::size_t at = random.below(open.size());
          group.end(picker, open[at]);
          open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
        }
      }
    }
  }
}

TEST_CASE("least outstanding: weights divide the load") {
  Random random(9);
  Group group(Algorithm::least_outstanding);
  for (const std::uint32_t weight : {1, 2, 5}) group.add(weight);
  Picker picker(Algorithm::least_outstanding, random);
  picker.adopt(group.build());
  for (int i = 0; i < 80; ++i) group.begin(picker, picker.pick({}).value());
  CHECK(group.load(0).outstanding == 10);
  CHECK(group.load(1).outstanding == 20);
  CHECK(group.load(2).outstanding == 50);
}

TEST_CASE("least outstanding: what other workers did with the set before is found out") {
  Random random(9);
  Group group(Algorithm::least_outstanding);
  group.add_many(40);
  Picker late(Algorithm::least_outstanding, random);
  late.adopt(group.build());
  for (Slot slot = 0; slot < 20; ++slot) group.begin(late, slot);
  group.members[39].standing = Standing::absent;
  Picker early(Algorithm::least_outstanding, random);
  early.adopt(group.build());
  for (Slot slot = 20; slot < 39; ++slot) group.begin(late, slot);
  for (Slot slot = 0; slot < 20; ++slot) group.end(late, slot);
  late.adopt(group.build());

  group.begin(early, early.pick({}).value());
  for (int i = 0; i < 60; ++i) {  // the sweep
    const Slot slot = late.pick({}).value();
    group.begin(late, slot);
    group.end(late, slot);
  }
  for (int i = 0; i < 19; ++i) {
    const Slot slot = late.pick({}).value();
    CHECK(group.load(slot).outstanding == 0);
    group.begin(late, slot);
  }
}

TEST_CASE("least outstanding: workers in threads leave every load as it is, and no target behind") {
  constexpr std::size_t kTargets = 20;
  Group group(Algorithm::least_outstanding);
  group.add_many(kTargets);
  const auto set = group.build();
  std::vector<std::jthread> threads;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      Random random(seed);
      Picker picker(Algorithm::least_outstanding, random);
      picker.adopt(set);
      std::vector<Slot> open;
      for (int i = 0; i < 20'000; ++i) {
        const Slot slot = picker.pick({}).value();
        group.load(slot).take();
        picker.load_changed(slot);
        open.push_back(slot);
        while (open.size() > random.below(30)) {
          group.load(open.back()).give_back();
          picker.load_changed(open.back());
          open.pop_back();
        }
      }
      for (const Slot slot : open) {
        group.load(slot).give_back();
        picker.load_changed(slot);
      }
    });
  }
  threads.clear();
  Random random(5);
  Picker picker(Algorithm::least_outstanding, random);
  picker.adopt(set);
  for (std::size_t i = 0; i < kTargets; ++i) {
    const Slot slot = picker.pick({}).value();
    CHECK(group.load(slot).outstanding == 0);
    group.load(slot).take();
    set->shares[0].pool->tree().refresh(slot, set->shares[0].pool->candidate(slot));
  }
}

TEST_CASE("least outstanding: an idle spell saves up no turns") {
  Random random(4);
  Group group(Algorithm::least_outstanding);
  group.add_many(3);
  Picker picker(Algorithm::least_outstanding, random);
  picker.adopt(group.build());
  group.begin(picker, 0);
  counts(group, picker, 1'000);
  CHECK(group.load(0).outstanding == 1);
  group.end(picker, 0);
  const std::vector<double> got = counts(group, picker, 30);
  for (const double count : got) CHECK(std::abs(count - 10) <= 1);
}

TEST_CASE("least outstanding: who was busy at its turn keeps its place in the rotation") {
  Random random(4);
  Group group(Algorithm::least_outstanding);
  group.add_many(10);
  Picker picker(Algorithm::least_outstanding, random);
  picker.adopt(group.build());
  const auto lap = [&](std::size_t picks) {
    std::vector<Slot> order;
    for (std::size_t i = 0; i < picks; ++i) {
      order.push_back(picker.pick({}).value());
      group.begin(picker, order.back());
      group.end(picker, order.back());
    }
    return order;
  };
  const std::vector<Slot> order = lap(10);
  group.begin(picker, order[3]);
  lap(9 + 9 + 5);
  group.end(picker, order[3]);
  CHECK(lap(4) == std::vector<Slot>(order.begin() + 6, order.end()));
  CHECK(lap(10) == order);
}

TEST_CASE("least outstanding: an idle group's rotation goes through neighbours, each zone's in their turn") {
  for (const std::size_t each : {7, 1'000}) {
    CAPTURE(each);
    Random random(4);
    Group group(Algorithm::least_outstanding);
    group.add_many(each, 1, 0);
    group.add_many(each, 1, 1);
    Picker picker(Algorithm::least_outstanding, random);
    picker.adopt(group.build());
    std::vector<std::size_t> got(2);
    std::vector<std::optional<Slot>> last(2);
    std::size_t next_to_last = 0;
    for (std::size_t i = 0; i < 20 * each; ++i) {
      const Slot slot = picker.pick({}).value();
      group.begin(picker, slot);
      group.end(picker, slot);
      const std::size_t zone = slot / each;
      next_to_last += last[zone] && slot % each == (*last[zone] + 1) % each ? 1 : 0;
      last[zone] = slot;
      ++got[zone];
      CHECK(std::max(got[0], got[1]) - std::min(got[0], got[1]) <= 16);
    }
    CHECK(next_to_last > 19 * each);
  }
}

TEST_CASE("least outstanding: the first to be picked of a new pool are drawn by weight") {
  Random random(4);
  Group group(Algorithm::least_outstanding);
  for (const std::uint32_t weight : {1, 3, 6}) group.add(weight);
  std::vector<double> got(3);
  for (int i = 0; i < 1'000; ++i) {
    group.members[0].ramp = 1 - 1e-3 * (i % 2);  // another pool
    Picker picker(Algorithm::least_outstanding, random);
    picker.adopt(group.build());
    const std::vector<double> once = counts(group, picker, 2);
    for (Slot slot = 0; slot < 3; ++slot) got[slot] += once[slot];
  }
  for (Slot slot = 0; slot < 3; ++slot) {
    CHECK(std::abs(got[slot] - 200.0 * group.members[slot].weight) < 60);
  }
}

TEST_CASE("least outstanding: many of unequal weights get their parts, lap after lap") {
  Random random(4);
  Group group(Algorithm::least_outstanding);
  double total = 0;
  for (std::uint32_t i = 0; i < 2'000; ++i) {
    group.add(1 + i % 3, static_cast<Zone>(i % 2));
    total += 1 + i % 3;
  }
  Picker picker(Algorithm::least_outstanding, random);
  picker.adopt(group.build());
  for (int lap = 0; lap < 3; ++lap) {
    const std::vector<double> got = counts(group, picker, static_cast<int>(10 * total));
    for (Slot slot = 0; slot < got.size(); ++slot) {
      CHECK(std::abs(got[slot] - 10 * group.members[slot].weight) <= 1.5);
    }
  }
}
