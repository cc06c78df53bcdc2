#include "lb/balance/load_tree.h"

#include <algorithm>
#include <bit>

#include "lb/balance/mix.h"

namespace weir::balance {
namespace {

// The period of a weight of 1 hundredth.
constexpr std::uint64_t kPeriod = 100U << 12;
constexpr std::uint32_t kLastTurn = 0xff000000;
// From so many nodes on the candidates of a node have their turns together.
constexpr std::uint64_t kManyNodes = 32;
// The load of a full candidate: infinite.
constexpr std::uint32_t kFull = 0x7f800000;

std::uint32_t load_of(std::uint64_t key) { return static_cast<std::uint32_t>(key >> 32); }
std::uint32_t turn_of(std::uint64_t key) { return static_cast<std::uint32_t>(key); }

std::uint32_t load_bits(const Candidate& candidate) {
  const std::uint32_t outstanding = candidate.load->outstanding.load(std::memory_order_relaxed);
  if (outstanding >= candidate.load->limit.load(std::memory_order_relaxed)) return kFull;
  return std::bit_cast<std::uint32_t>(static_cast<float>(outstanding) / static_cast<float>(candidate.weight));
}

// Rounded as if at random, so that heavy candidates, too, have their exact part in the long run; those of a
// node (`of`) whose turns are the same stay together.
std::uint32_t period(const Candidate& candidate, std::uint64_t of, std::uint32_t turn) {
  const std::uint64_t whole = kPeriod / candidate.weight;
  const std::uint64_t rest = kPeriod % candidate.weight;
  if (rest == 0) return static_cast<std::uint32_t>(whole);
  const std::uint64_t bits = mix(of << 32 | turn);
  return static_cast<std::uint32_t>(whole + ((bits >> 40) * candidate.weight >> 24 < rest ? 1 : 0));
}

// The least number of them, at least `time`.
std::uint32_t whole_periods(std::uint32_t time, std::uint32_t period) {
  return period == 0 ? time : (time + period - 1) / period * period;
}

std::uint64_t pack(std::uint32_t load, std::uint32_t turn) { return std::uint64_t{load} << 32 | turn; }

}  // namespace

LoadTree::LoadTree(std::span<const Candidate> candidates, std::uint64_t seed)
    : size_(static_cast<Place>(candidates.size())) {
  std::size_t entries = std::max<std::size_t>(candidates.size(), 1);
  do {
    entries = (entries + kFan - 1) / kFan;
    std::vector<Node> level(entries);
    for (Node& node : level) {
      for (std::atomic<Key>& child : node.children) child.store(kNone, std::memory_order_relaxed);
    }
    levels_.push_back(std::move(level));
  } while (entries > 1);

  lay_turns(candidates, seed);
  for (unsigned level = 0; level + 1 < levels_.size(); ++level) {
    for (Place at = 0; at < levels_[level].size(); ++at) {
      key(level + 1, at).store(least_child(levels_[level][at]).key, std::memory_order_relaxed);
    }
  }
}

void LoadTree::lay_turns(std::span<const Candidate> candidates, std::uint64_t seed) {
  for (Place begin = 0, end = 0; begin < size_; begin = end) {
    const Candidate& first = candidates[begin];
    for (end = begin; end < size_; ++end) {
      if (candidates[end].zone != first.zone || candidates[end].weight != first.weight) break;
    }
    const std::uint64_t count = end - begin;
    const std::uint64_t start = mix(seed, begin);
    const Place together = count >= kManyNodes * kFan ? kFan : 1;
    for (Place place = begin; place < end; ++place) {
      const Place of = std::max(begin, place - place % together);
      const auto part = static_cast<std::uint32_t>((std::uint64_t{of - begin} << 32) / count + start);
      const std::uint64_t phase = part * kPeriod / first.weight >> 32;
      key(0, place).store(pack(load_bits(candidates[place]), static_cast<std::uint32_t>(phase)),
                          std::memory_order_relaxed);
    }
  }
}

bool LoadTree::stale(Place place, const Candidate& candidate) const {
  return load_of(key(0, place).load(std::memory_order_relaxed)) != load_bits(candidate);
}

// The load is looked at again after the leaf was written: of two workers that refresh it at once, the one
// that writes last has then seen what the other one knew.
void LoadTree::refresh(Place place, const Candidate& candidate) {
  std::atomic<Key>& leaf = key(0, place);
  std::uint32_t turn = 0;
  const std::uint32_t node = place / kFan;
  Key before = leaf.load();
  for (std::uint32_t load = load_bits(candidate); load != load_of(before); load = load_bits(candidate)) {
    turn = turn_of(before);
    if (load > load_of(before)) turn += period(candidate, node, turn);
    const std::uint32_t served = served_.load(std::memory_order_relaxed);
    if (turn < served) turn += whole_periods(served - turn, period(candidate, node, turn));
    before = pack(load, turn);
    leaf.exchange(before);
    rise(place);
  }
  if (turn > kLastTurn) restart_turns();
}

// Carries a leaf's change up. A node is looked at again after its parent was told: of two workers that change
// it at once, the one that tells last has then seen both.
void LoadTree::rise(Place place) {
  Place at = place;
  for (unsigned level = 0; level + 1 < levels_.size(); ++level) {
    at /= kFan;
    const Node& node = levels_[level][at];
    std::atomic<Key>& told = key(level + 1, at);
    bool changed = false;
    for (Key least = least_child(node).key; told.load() != least; least = least_child(node).key) {
      told.exchange(least);
      changed = true;
    }
    if (!changed) return;
  }
}

// All turns less what was served last.
void LoadTree::restart_turns() {
  const std::uint32_t served = served_.exchange(0);
  for (Place place = 0; place < size_; ++place) {
    std::atomic<Key>& leaf = key(0, place);
    Key before = leaf.load();
    Key after = 0;
    do {
      after = pack(load_of(before), turn_of(before) > served ? turn_of(before) - served : 0);
    } while (!leaf.compare_exchange_weak(before, after));
    rise(place);
  }
}

LoadTree::Found LoadTree::least_child(const Node& node) {
  Found found;
  for (Place i = 0; i < kFan; ++i) {
    const Key key = node.children[i].load();
    if (key < found.key) found = {key, 0, i};
  }
  return found;
}

void LoadTree::scan(unsigned level, Place begin, Place end, Found& found) const {
  for (Place at = begin; at < end; ++at) {
    const Key key = this->key(level, at).load(std::memory_order_relaxed);
    if (key < found.key) found = {key, level, at};
  }
}

// At each level the ends that do not fill a node; the nodes between them one level up.
LoadTree::Found LoadTree::least_key(Place begin, Place end) const {
  Found found;
  for (unsigned level = 0; begin < end; ++level) {
    const Place first = (begin + kFan - 1) / kFan;
    const Place last = end / kFan;
    if (level + 1 == levels_.size() || first >= last) {
      scan(level, begin, end, found);
      break;
    }
    scan(level, begin, first * kFan, found);
    scan(level, last * kFan, end, found);
    begin = first;
    end = last;
  }
  return found;
}

std::optional<LoadTree::Place> LoadTree::descend(Found found) const {
  if (load_of(found.key) >= kFull) return std::nullopt;
  Place at = found.at;
  for (unsigned level = found.level; level > 0; --level) {
    at = at * kFan + least_child(levels_[level - 1][at]).at;
  }
  return std::min(at, size_ - 1);
}

std::optional<LoadTree::Place> LoadTree::least_outside(std::span<const Range> without) const {
  Found best;
  Place begin = 0;
  for (const Range& range : without) {
    if (range.begin > begin) best = std::min(best, least_key(begin, range.begin), fewer);
    begin = std::max(begin, range.end);
  }
  return descend(std::min(best, least_key(begin, size_), fewer));
}

std::optional<LoadTree::Place> LoadTree::least(Place near) const {
  Found found = least_child(levels_.back().front());
  const Found beside = least_child(levels_.front()[near / kFan]);
  if (beside.key == found.key && load_of(found.key) < kFull) return near - near % kFan + beside.at;
  found.level = static_cast<unsigned>(levels_.size()) - 1;
  return descend(found);
}

void LoadTree::serves(Place place) {
  const std::uint32_t turn = turn_of(key(0, place).load(std::memory_order_relaxed));
  if (turn > served_.load(std::memory_order_relaxed)) served_.store(turn, std::memory_order_relaxed);
}

}  // namespace weir::balance
