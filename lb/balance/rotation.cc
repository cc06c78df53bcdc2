#include "lb/balance/rotation.h"

#include <algorithm>

namespace weir::balance {
namespace {

// How many members of a class are looked at before the next class is asked.
constexpr std::uint32_t kLooks = 16;
// How many picks before its turn a member's load is fetched into the cache.
constexpr std::uint32_t kPlacesAhead = 8;

}  // namespace

Rotation::Rotation(std::shared_ptr<const Pool> pool, Policies previous, base::Random& random)
    : Policy(std::move(pool)) {
  std::vector<Due> due = carried(previous);
  add_new(due, random);
  make_classes(due);
}

std::vector<Rotation::Due> Rotation::carried(Policies previous) const {
  std::vector<Due> due;
  due.reserve(pool()->size());
  for (const std::unique_ptr<Policy>& policy : previous) {
    const auto* before = dynamic_cast<const Rotation*>(policy.get());
    if (before == nullptr || before->classes_.empty()) continue;
    const double now = before->classes_.front().deadline;
    std::vector<Class> classes = before->classes_;
    std::ranges::sort(classes, {}, &Class::weight);
    for (const Class& members : classes) {
      const std::uint32_t count = members.end - members.begin;
      for (std::uint32_t turn = 0; turn < count; ++turn) {
        const std::uint32_t at =
            members.next + turn < members.end ? members.next + turn : members.next + turn - count;
        const Place place = pool()->place_of(before->order_[at].slot);
        if (place == kNoPlace) continue;
        const double in = (members.deadline - now + turn * members.step) * members.weight;
        due.push_back({candidate(place).weight, in, place});
      }
    }
  }
  if (!std::ranges::is_sorted(due, earlier)) std::ranges::sort(due, earlier);
  return due;
}

void Rotation::add_new(std::vector<Due>& due, base::Random& random) const {
  if (due.size() == pool()->size()) return;
  const std::size_t carried = due.size();
  std::vector<bool> known(pool()->size());
  for (const Due& one : due) known[one.place] = true;
  for (Place place = 0; place < pool()->size(); ++place) {
    if (known[place]) continue;
    const double in = static_cast<double>(random.next() >> 11) * 0x1p-53;
    due.push_back({candidate(place).weight, in, place});
  }
  const auto added = due.begin() + static_cast<std::ptrdiff_t>(carried);
  std::sort(added, due.end(), earlier);
  std::vector<Due> merged(due.size());
  std::merge(due.begin(), added, added, due.end(), merged.begin(), earlier);
  due = std::move(merged);
}

void Rotation::make_classes(std::span<const Due> due) {
  order_.reserve(due.size());
  for (const Due& one : due) {
    const auto at = static_cast<std::uint32_t>(order_.size());
    if (classes_.empty() || classes_.back().weight != one.weight) {
      classes_.push_back({one.in / one.weight, 0, one.weight, at, at, at});
    }
    ++classes_.back().end;
    order_.push_back(candidate(one.place));
  }
  for (Class& members : classes_) {
    members.step = 1.0 / (static_cast<double>(members.weight) * (members.end - members.begin));
  }
  std::ranges::make_heap(classes_, std::ranges::greater(), &Class::deadline);
}

// Restores the heap below `at`, whose deadline has grown.
void Rotation::sink(std::size_t at) {
  const Class moved = classes_[at];
  for (std::size_t child = 2 * at + 1; child < classes_.size(); child = 2 * at + 1) {
    if (child + 1 < classes_.size() && classes_[child + 1].deadline < classes_[child].deadline) ++child;
    if (classes_[child].deadline >= moved.deadline) break;
    classes_[at] = classes_[child];
    at = child;
  }
  classes_[at] = moved;
}

std::optional<Slot> Rotation::pick_from(Class& members, const Wanted& wanted) {
  const std::uint32_t count = members.end - members.begin;
  const auto at = [&](std::uint32_t turn) -> Candidate& {
    return order_[members.next + turn < members.end ? members.next + turn : members.next + turn - count];
  };
  for (std::uint32_t turn = 0; turn < std::min(count, kLooks); ++turn) {
    if (!wanted.accepts(at(turn))) continue;
    const Candidate picked = at(turn);
    for (std::uint32_t skipped = turn; skipped > 0; --skipped) at(skipped) = at(skipped - 1);
    at(0) = picked;
    if (count > kPlacesAhead) __builtin_prefetch(at(kPlacesAhead).load);
    if (++members.next == members.end) members.next = members.begin;
    members.deadline += members.step;
    return picked.slot;
  }
  return std::nullopt;
}

std::optional<Slot> Rotation::pick(const Wanted& wanted) {
  const std::size_t looks = std::min<std::size_t>(classes_.size(), kLooks);
  for (std::size_t i = 0; i < looks; ++i) {
    const std::optional<Slot> slot = pick_from(classes_[i], wanted);
    if (!slot) continue;
    sink(i);
    return slot;
  }
  return std::nullopt;
}

}  // namespace weir::balance
