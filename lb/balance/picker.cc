#include "lb/balance/picker.h"

#include "lb/balance/mix.h"
#include "lb/balance/policy.h"

namespace weir::balance {
namespace {

// The last resort, where draws found nothing: most are full, tried or of the wrong zone.
std::optional<Slot> scan(const Pool& pool, const Wanted& wanted, std::uint64_t bits) {
  const Place start = static_cast<Place>(((bits >> 32) * pool.size()) >> 32);
  for (Place i = 0; i < pool.size(); ++i) {
    const Place place = start + i < pool.size() ? start + i : start + i - pool.size();
    if (wanted.accepts(pool.candidate(place))) return pool.candidate(place).slot;
  }
  return std::nullopt;
}

bool all_of_zone(const Pool& pool, Zone zone) {
  return pool.candidates().front().zone == zone && pool.candidates().back().zone == zone;
}

}  // namespace

Picker::Picker(model::Algorithm algorithm, base::Random& random)
    : algorithm_(algorithm), random_(random), set_(std::make_shared<const TargetSet>()) {}

Picker::~Picker() = default;

void Picker::adopt(std::shared_ptr<const TargetSet> set) {
  std::vector<std::unique_ptr<Policy>> policies;
  for (const Share& share : set->shares) {
    const auto same = std::ranges::find_if(policies_, [&](const std::unique_ptr<Policy>& policy) {
      return policy != nullptr && policy->pool() == share.pool;
    });
    policies.push_back(same == policies_.end() ? make_policy(algorithm_, share.pool, policies_, random_)
                                               : std::move(*same));
  }
  policies_ = std::move(policies);
  set_ = std::move(set);
}

std::size_t Picker::choose_share(std::uint64_t bits) const {
  const double at = static_cast<double>(bits >> 11) * 0x1p-53;
  double sum = 0;
  for (std::size_t i = 0; i + 1 < set_->shares.size(); ++i) {
    sum += set_->shares[i].part;
    if (at < sum) return i;
  }
  return set_->shares.size() - 1;
}

std::optional<Slot> Picker::pick_outside(Zone zone, const PickRequest& request, std::size_t share,
                                         std::uint64_t bits) {
  const Wanted wanted{request.tried, zone, request.hash, request.now};
  for (std::size_t i = 0; i < policies_.size(); ++i) {
    Policy& policy = *policies_[(share + i) % policies_.size()];
    const Pool& pool = *policy.pool();
    if (zone != kNoZone && all_of_zone(pool, zone)) continue;
    std::optional<Slot> slot = policy.pick(wanted);
    if (!slot) slot = scan(pool, wanted, bits);
    if (slot) return slot;
  }
  return std::nullopt;
}

std::optional<Slot> Picker::pick(const PickRequest& request) {
  if (policies_.empty()) return std::nullopt;
  // A key of consistent_hash always has the same share and, at worst, the same scan.
  const std::uint64_t bits =
      algorithm_ == model::Algorithm::consistent_hash ? mix(~request.hash) : random_.next();
  const std::size_t share = policies_.size() == 1 ? 0 : choose_share(bits);
  if (request.avoid != kNoZone) {
    if (const std::optional<Slot> slot = pick_outside(request.avoid, request, share, bits)) return slot;
  }
  return pick_outside(kNoZone, request, share, bits);
}

void Picker::load_changed(Slot slot) {
  for (const std::unique_ptr<Policy>& policy : policies_) {
    policy->load_changed(slot);
  }
}

}  // namespace weir::balance
