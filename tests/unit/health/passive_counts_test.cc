#include "lb/health/passive_counts.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "lb/base/random.h"

using weir::health::PassiveCounts;
using weir::health::PassiveKind;

namespace {

// l: a local failure, a: a bad answer, s: a success, g: next generation. Returns what was told, as + and -.
std::string play(PassiveCounts& counts, std::string_view outcomes, std::uint32_t threshold) {
  std::string told;
  for (const char outcome : outcomes) {
    const std::uint32_t generation = counts.generation();
    switch (outcome) {
      case 'l': told += counts.failure(0, PassiveKind::local, threshold, generation) ? '+' : '-'; break;
      case 'a': told += counts.failure(0, PassiveKind::answered, threshold, generation) ? '+' : '-'; break;
      case 's': counts.success(0, generation); break;
      default: counts.next_generation(); break;
    }
  }
  return told;
}

}  // namespace

TEST_CASE("failures of one kind in a row are told once, when they reach the threshold") {
  struct Row {
    std::string_view what, outcomes, told;
  };
  const Row rows[] = {
      {"local failures", "lll", "--+"},
      {"bad answers", "aaa", "--+"},
      {"once in a generation", "llllll", "--+---"},
      {"of either kind", "lllaaa", "--+---"},
      {"also behind a success", "lllslll", "--+---"},
      {"a success ends both rows", "llsllsaasaa", "--------"},
      {"a bad answer ends the local row", "llall", "-----"},
      {"and a full one behind it counts", "llalll", "-----+"},
      {"a local failure leaves the answered row alone", "aala", "---+"},
      {"a generation begins with nothing", "llgllgl", "-----"},
      {"and is told anew", "lllglll", "--+--+"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    PassiveCounts counts(1);
    CHECK(play(counts, row.outcomes, 3) == row.told);
  }
}

TEST_CASE(
    "thresholds at the edges: 0 is never reached, a lowered one at once, a large one at the most countable") {
  PassiveCounts never(1);
  CHECK(play(never, "llllllllll", 0) == "----------");
  CHECK(play(never, "l", 4) == "+");

  PassiveCounts lowered(1);
  play(lowered, "llll", 10);
  CHECK(play(lowered, "l", 2) == "+");

  PassiveCounts large(1);
  std::uint32_t told_at = 0;
  for (std::uint32_t i = 1; i <= PassiveCounts::kMostThreshold + 10; ++i) {
    if (large.failure(0, PassiveKind::local, UINT32_MAX, 0)) told_at = i;
  }
  CHECK(told_at == PassiveCounts::kMostThreshold);
}

TEST_CASE("a row without a threshold that outgrows its counter harms no other") {
  PassiveCounts counts(1);
  for (std::uint32_t i = 0; i < PassiveCounts::kMostThreshold + 10; ++i) {
    counts.failure(0, PassiveKind::local, 0, 0);
  }
  CHECK(play(counts, "aa", 3) == "--");
  CHECK(play(counts, "a", 3) == "+");
}

TEST_CASE("outcomes of attempts that began in an earlier generation count for nothing") {
  PassiveCounts counts(2);
  const std::uint32_t before = counts.generation();
  counts.next_generation();
  const std::uint32_t now = counts.generation();
  CHECK(now != before);
  CHECK_FALSE(counts.failure(0, PassiveKind::local, 1, before));
  CHECK_FALSE(counts.failure(0, PassiveKind::local, 2, now));
  counts.success(0, before);  // ends no row
  CHECK(counts.failure(1, PassiveKind::local, 2, now));
  CHECK(counts.totals().requests == 2);
  CHECK(counts.totals().successes == 0);
}

TEST_CASE("totals are summed over workers and go on over generations") {
  PassiveCounts counts(3);
  for (unsigned worker = 0; worker < 3; ++worker) {
    counts.success(worker, counts.generation());
    counts.failure(worker, PassiveKind::answered, 100, counts.generation());
  }
  counts.next_generation();
  counts.success(1, counts.generation());
  CHECK(counts.totals().requests == 7);
  CHECK(counts.totals().successes == 4);
}

TEST_CASE("in any interleaving with late outcomes the next ejection needs exactly its row of failures") {
  weir::base::Random random(11);
  for (int run = 0; run < 2000; ++run) {
    const auto threshold = static_cast<std::uint32_t>(1 + random.below(8));
    PassiveCounts counts(1);
    std::vector<std::uint32_t> late;  // generations of attempts still under way
    for (int ejection = 0; ejection < 4; ++ejection) {
      for (std::uint64_t i = random.below(10); i > 0; --i) late.push_back(counts.generation());
      counts.next_generation();
      std::uint32_t row = 0;
      for (bool told = false; !told;) {
        if (!late.empty() && random.below(2) == 0) {
          const auto kind = random.below(2) == 0 ? PassiveKind::local : PassiveKind::answered;
          if (random.below(3) == 0) {
            counts.success(0, late.back());
          } else {
            REQUIRE_FALSE(counts.failure(0, kind, threshold, late.back()));
          }
          late.pop_back();
          continue;
        }
        if (random.below(6) == 0) {
          counts.success(0, counts.generation());
          row = 0;
          continue;
        }
        told = counts.failure(0, PassiveKind::local, threshold, counts.generation());
        ++row;
        REQUIRE(told == (row == threshold));
      }
    }
  }
}

TEST_CASE("of all threads that report failures exactly one is told, in each generation") {
  constexpr unsigned kThreads = 4;
  constexpr int kGenerations = 300;
  PassiveCounts counts(kThreads);
  std::atomic<int> told{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> workers;
  for (unsigned worker = 0; worker < kThreads; ++worker) {
    workers.emplace_back([&, worker] {
      while (!stop.load()) {
        const std::uint32_t generation = counts.generation();
        const auto kind = worker % 2 == 0 ? PassiveKind::local : PassiveKind::answered;
        if (counts.failure(worker, kind, 20, generation)) told.fetch_add(1);
      }
    });
  }
  for (int generation = 1; generation <= kGenerations; ++generation) {
    while (told.load() < generation) std::this_thread::yield();
    for (int i = 0; i < 20; ++i) std::this_thread::yield();
    CHECK(told.load() == generation);
    counts.next_generation();
  }
  stop.store(true);
  for (std::thread& worker : workers) worker.join();
  CHECK(told.load() - kGenerations <= 1);
}

TEST_CASE("threads that share the work reach the threshold with exactly as many failures as it says") {
  constexpr unsigned kThreads = 4;
  for (std::uint32_t round = 0; round < 50; ++round) {
    PassiveCounts counts(kThreads);
    constexpr std::uint32_t kEach = 1000;
    std::atomic<int> told{0};
    std::vector<std::thread> workers;
    for (unsigned worker = 0; worker < kThreads; ++worker) {
      workers.emplace_back([&, worker] {
        for (std::uint32_t i = 0; i < kEach; ++i) {
          if (counts.failure(worker, PassiveKind::local, kThreads * kEach, 0)) told.fetch_add(1);
        }
      });
    }
    for (std::thread& worker : workers) worker.join();
    REQUIRE(told.load() == 1);
    CHECK(counts.totals().requests == kThreads * kEach);
  }
}
