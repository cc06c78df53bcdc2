#include "lb/balance/power_of_two.h"

#include "lb/balance/two_draws.h"

namespace weir::balance {
namespace {

// a/weight(a) < b/weight(b), without a division.
bool less_loaded(const Candidate& a, const Candidate& b) {
  const std::uint64_t load_a = a.load->outstanding.load(std::memory_order_relaxed);
  const std::uint64_t load_b = b.load->outstanding.load(std::memory_order_relaxed);
  return load_a * b.weight < load_b * a.weight;
}

}  // namespace

PowerOfTwo::PowerOfTwo(std::shared_ptr<const Pool> pool, base::Random& random)
    : Policy(std::move(pool)), draws_(*this->pool(), random) {}

std::optional<Slot> PowerOfTwo::pick(const Wanted& wanted) {
  return better_of_two(draws_, *pool(), wanted, true, less_loaded);
}

}  // namespace weir::balance
