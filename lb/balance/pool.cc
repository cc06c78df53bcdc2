#include "lb/balance/pool.h"

#include <algorithm>

namespace weir::balance {

Pool::Pool(PoolContents contents, model::Algorithm algorithm, std::shared_ptr<const HashRing> ring,
           std::uint64_t seed)
    : contents_(std::move(contents)), algorithm_(algorithm), seed_(seed), places_(contents_.slots, kNoPlace) {
  const std::vector<Candidate>& candidates = contents_.candidates;
  std::vector<std::uint32_t> weights;
  weights.reserve(candidates.size());
  for (Place place = 0; place < candidates.size(); ++place) {
    places_[candidates[place].slot] = place;
    weights.push_back(candidates[place].weight);
    weight_ += candidates[place].weight;
  }
  switch (algorithm) {
    case model::Algorithm::round_robin: break;
    case model::Algorithm::power_of_two:
    case model::Algorithm::peak_ewma:
    case model::Algorithm::random: draws_ = AliasTable(weights); break;
    case model::Algorithm::least_outstanding: tree_ = std::make_unique<LoadTree>(candidates, seed); break;
    case model::Algorithm::consistent_hash:
      ring_ = ring != nullptr && ring->made_of(contents_.ring_members)
                  ? std::move(ring)
                  : std::make_shared<const HashRing>(contents_.ring_members);
      loads_.resize(contents_.slots);
      traits_.resize(contents_.slots);
      for (const Candidate& each : candidates) {
        loads_[each.slot] = each.load;
        traits_[each.slot] = {each.weight, each.zone};
      }
      outstanding_ = std::make_unique<OutstandingSum>(candidates, contents_.slots);
      break;
  }
}

Pool::Range Pool::zone_range(Zone zone) const {
  const auto found = std::ranges::equal_range(contents_.candidates, zone, {}, &Candidate::zone);
  const auto begin = contents_.candidates.begin();
  return {static_cast<Place>(found.begin() - begin), static_cast<Place>(found.end() - begin)};
}

}  // namespace weir::balance
