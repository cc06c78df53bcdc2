#include "lb/balance/policy.h"

#include "lb/balance/bounded_hash.h"
#include "lb/balance/least_outstanding.h"
#include "lb/balance/peak_ewma.h"
#include "lb/balance/power_of_two.h"
#include "lb/balance/random_draw.h"
#include "lb/balance/rotation.h"

namespace weir::balance {

std::unique_ptr<Policy> make_policy(model::Algorithm algorithm, std::shared_ptr<const Pool> pool,
                                    Policies previous, base::Random& random) {
  switch (algorithm) {
    case model::Algorithm::round_robin: return std::make_unique<Rotation>(std::move(pool), previous, random);
    case model::Algorithm::least_outstanding: return std::make_unique<LeastOutstanding>(std::move(pool));
    case model::Algorithm::random: return std::make_unique<RandomDraw>(std::move(pool), random);
    case model::Algorithm::peak_ewma: return std::make_unique<PeakEwma>(std::move(pool), random);
    case model::Algorithm::consistent_hash: return std::make_unique<BoundedHash>(std::move(pool));
    case model::Algorithm::power_of_two: break;
  }
  return std::make_unique<PowerOfTwo>(std::move(pool), random);
}

}  // namespace weir::balance
