#include "lb/balance/peak_ewma.h"

#include "lb/balance/two_draws.h"

namespace weir::balance {
namespace {

struct Expected {
  double average;      // 0: no sample yet
  double outstanding;  // for a weight of 1

  Expected(const Candidate& candidate, base::Instant now)
      : average(static_cast<double>(candidate.load->latency.value(now).count())),
        outstanding(100.0 * candidate.load->outstanding.load(std::memory_order_relaxed) / candidate.weight) {}
};

// One without a sample is tried, by one request at a time; until it has answered it passes for as fast as the
// other.
bool sooner(Expected a, Expected b) {
  if (a.average == 0 && b.average != 0) {
    if (a.outstanding == 0) return true;
    a.average = b.average;
  } else if (b.average == 0) {
    if (b.outstanding == 0 && a.average != 0) return false;
    b.average = a.average = a.average == 0 ? 1 : a.average;
  }
  return a.average * (a.outstanding + 1) < b.average * (b.outstanding + 1);
}

}  // namespace

PeakEwma::PeakEwma(std::shared_ptr<const Pool> pool, base::Random& random)
    : Policy(std::move(pool)), draws_(*this->pool(), random) {}

// Equal weights: two different ones. Of unequal weights that would give the light ones more than their part,
// since averages are hardly ever equal: there both draws may be the same candidate.
std::optional<Slot> PeakEwma::pick(const Wanted& wanted) {
  return better_of_two(
      draws_, *pool(), wanted, pool()->draws().uniform(),
      [&](const Candidate& a, const Candidate& b) { return sooner({a, wanted.now}, {b, wanted.now}); });
}

}  // namespace weir::balance
