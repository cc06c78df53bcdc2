#include "lb/probe/due_heap.h"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <vector>

#include "lb/base/random.h"

using namespace std::chrono_literals;
using weir::base::Instant;
using weir::probe::Due;
using weir::probe::DueHeap;

namespace {

struct Entry final : Due {};

Instant at(std::uint64_t seconds) { return Instant(std::chrono::seconds(seconds)); }

}  // namespace

TEST_CASE("the first of a heap is always one of the earliest, whatever was set, moved and removed") {
  weir::base::Random random(3);
  std::vector<std::unique_ptr<Entry>> entries;
  for (int i = 0; i < 200; ++i) entries.push_back(std::make_unique<Entry>());
  DueHeap heap;
  std::map<Due*, Instant> expected;
  for (int i = 0; i < 50'000; ++i) {
    Entry& entry = *entries[random.below(entries.size())];
    if (random.below(3) == 0) {
      heap.remove(entry);
      expected.erase(&entry);
    } else {
      const Instant when = at(random.below(100));
      heap.set(entry, when);
      expected[&entry] = when;
    }
    REQUIRE(entry.waits() == expected.contains(&entry));
    REQUIRE(heap.empty() == expected.empty());
    if (expected.empty()) continue;
    Instant first = Instant::max();
    for (const auto& [each, when] : expected) first = std::min(first, when);
    REQUIRE(heap.first_at() == first);
    REQUIRE(expected.at(&heap.first()) == first);
  }
}

TEST_CASE("a heap gives its entries out in the order of their times") {
  weir::base::Random random(4);
  std::vector<std::unique_ptr<Entry>> entries;
  DueHeap heap;
  for (int i = 0; i < 1000; ++i)
    heap.set(*entries.emplace_back(std::make_unique<Entry>()), at(random.below(500)));
  Instant last{};
  while (!heap.empty()) {
    REQUIRE(heap.first_at() >= last);
    last = heap.first_at();
    heap.remove(heap.first());
  }
}
