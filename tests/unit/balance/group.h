#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "lb/balance/picker.h"
#include "lb/balance/pool.h"
#include "lb/balance/target_set.h"

// A target group without a proxy: members, their loads, and sets built of them.
namespace weir::balance::test {

inline constexpr model::Algorithm kAlgorithms[] = {
    model::Algorithm::power_of_two, model::Algorithm::round_robin, model::Algorithm::least_outstanding,
    model::Algorithm::random,       model::Algorithm::peak_ewma,   model::Algorithm::consistent_hash};

class Group {
 public:
  explicit Group(model::Algorithm algorithm = model::Algorithm::power_of_two) {
    settings.algorithm = algorithm;
  }

  Slot add(std::uint32_t weight = 1, Zone zone = kNoZone) {
    const auto slot = static_cast<Slot>(members.size());
    loads_.emplace_back();
    members.push_back({&loads_.back(), 0x1000 + slot, weight, 1.0, zone, Standing::usable});
    return slot;
  }
  void add_many(std::size_t count, std::uint32_t weight = 1, Zone zone = kNoZone) {
    for (std::size_t i = 0; i < count; ++i) add(weight, zone);
  }

  std::shared_ptr<const TargetSet> build() {
    set_ = build_target_set(members, settings, set_.get());
    return set_;
  }
  void forget() { set_ = nullptr; }

  Load& load(Slot slot) { return *members[slot].load; }
  void begin(Picker& picker, Slot slot) {
    CHECK(load(slot).take());
    picker.load_changed(slot);
  }
  void end(Picker& picker, Slot slot) {
    load(slot).give_back();
    picker.load_changed(slot);
  }

  std::vector<Member> members;
  SetSettings settings;

 private:
  std::deque<Load> loads_;
  std::shared_ptr<const TargetSet> set_;
};

// How often each slot was picked by requests one after the other, each ended before the next.
inline std::vector<double> counts(Group& group, Picker& picker, int picks, PickRequest request = {}) {
  std::vector<double> result(group.members.size());
  for (int i = 0; i < picks; ++i) {
    request.hash = static_cast<std::uint64_t>(i);
    const std::optional<Slot> slot = picker.pick(request);
    if (!slot) continue;
    ++result[*slot];
    group.begin(picker, *slot);
    group.end(picker, *slot);
  }
  return result;
}

}  // namespace weir::balance::test
