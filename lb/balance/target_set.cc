#include "lb/balance/target_set.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "lb/balance/mix.h"
#include "lb/balance/pool.h"
#include "lb/balance/zone_spill.h"

namespace weir::balance {
namespace {

std::uint32_t ramped_weight(const Member& member) {
  const double ramp = std::clamp(member.ramp, 0.0, 1.0);
  return std::max(1U, static_cast<std::uint32_t>(std::lround(member.weight * 100.0 * ramp)));
}

// Members as the settings look at them.
class Membership {
 public:
  Membership(std::span<const Member> members, const SetSettings& settings)
      : members_(members),
        settings_(settings),
        zones_(settings.own_zone == kNoZone ? model::CrossZone::on : settings.cross_zone) {
    for (const Member& member : members) {
      if (!counts(member)) continue;
      ++counted_;
      usable_ += member.standing == Standing::usable ? 1 : 0;
    }
  }

  std::uint32_t counted() const { return counted_; }
  std::uint32_t usable() const { return usable_; }
  bool too_few() const {
    const model::FailOpen& bounds = settings_.fail_open;
    if (counted_ == 0) return false;
    return usable_ < bounds.min_healthy ||
           (bounds.min_healthy_percent &&
            std::uint64_t{usable_} * 100 < std::uint64_t{*bounds.min_healthy_percent} * counted_);
  }
  bool prefers() const { return zones_ == model::CrossZone::prefer; }

  // Pool 0: all, or with `prefer` the own zone; pool 1: the other zones.
  PoolContents contents(unsigned pool, bool all) const {
    PoolContents result;
    result.slots = members_.size();
    const bool ring = settings_.algorithm == model::Algorithm::consistent_hash;
    for (Slot slot = 0; slot < members_.size(); ++slot) {
      const Member& member = members_[slot];
      if (!counts(member) || pool_of(member) != pool) continue;
      if (ring) result.ring_members.push_back({member.identity, member.weight, slot});
      if (all || member.standing == Standing::usable) {
        result.candidates.push_back({member.load, slot, ramped_weight(member), member.zone});
      }
    }
    const bool by_weight = settings_.algorithm == model::Algorithm::least_outstanding;
    const auto place = [&](const Candidate& each) {
      return std::tuple(each.zone, by_weight ? each.weight : 0, each.slot);
    };
    if (!std::ranges::is_sorted(result.candidates, {}, place)) {
      std::ranges::sort(result.candidates, {}, place);
    }
    return result;
  }

  ZoneWeights weights(bool all) const {
    ZoneWeights sums;
    for (const Member& member : members_) {
      if (!counts(member)) continue;
      const std::uint32_t usable = all || member.standing == Standing::usable ? ramped_weight(member) : 0;
      const bool own = pool_of(member) == 0;
      (own ? sums.own_usable : sums.others_usable) += usable;
      if (own) sums.own_counted += member.weight * 100U;
    }
    return sums;
  }

 private:
  bool counts(const Member& member) const {
    return member.load != nullptr && member.standing != Standing::absent && member.weight > 0 &&
           (zones_ != model::CrossZone::off || member.zone == settings_.own_zone);
  }
  unsigned pool_of(const Member& member) const {
    return prefers() && member.zone != settings_.own_zone ? 1 : 0;
  }

  std::span<const Member> members_;
  const SetSettings& settings_;
  model::CrossZone zones_;
  std::uint32_t counted_ = 0;
  std::uint32_t usable_ = 0;
};

// What of the set before is used again: the pool itself if nothing changed in it, or its ring.
std::shared_ptr<const Pool> make_pool(PoolContents contents, model::Algorithm algorithm,
                                      const TargetSet* previous) {
  std::shared_ptr<const HashRing> ring;
  std::uint64_t seed = 0;
  for (const Share& share : previous != nullptr ? std::span(previous->shares) : std::span<const Share>()) {
    if (share.pool->made_of(contents, algorithm)) return share.pool;
    seed = std::max(seed, share.pool->seed());
    const std::shared_ptr<const HashRing>& before = share.pool->shared_ring();
    if (before != nullptr && before->made_of(contents.ring_members)) ring = before;
  }
  return std::make_shared<const Pool>(std::move(contents), algorithm, std::move(ring), seed + 1);
}

}  // namespace

std::shared_ptr<const TargetSet> build_target_set(std::span<const Member> members,
                                                  const SetSettings& settings, const TargetSet* previous) {
  const Membership membership(members, settings);
  auto set = std::make_shared<TargetSet>();
  set->counted = membership.counted();
  set->usable = membership.usable();
  set->fail_open = membership.too_few();
  if (set->fail_open && settings.fail_open.refuse) return set;

  const double kept = membership.prefers() ? zone_keeps(membership.weights(set->fail_open)) : 1;
  const auto add = [&](unsigned pool, double part) {
    if (part <= 0) return;
    PoolContents contents = membership.contents(pool, set->fail_open);
    if (contents.candidates.empty()) return;
    set->shares.push_back({make_pool(std::move(contents), settings.algorithm, previous), part});
  };
  add(0, kept);
  add(1, 1 - kept);
  return set;
}

}  // namespace weir::balance
