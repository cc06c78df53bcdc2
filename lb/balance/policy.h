#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "lb/balance/pool.h"
#include "lb/base/random.h"

namespace weir::balance {

// What a pick is to find in one pool.
struct Wanted {
  std::span<const Slot> tried;
  Zone outside = kNoZone;  // none of this zone
  std::uint64_t hash = 0;
  base::Instant now{};

  bool accepts(const Candidate& candidate) const {
    return !candidate.load->full() && (outside == kNoZone || candidate.zone != outside) &&
           std::ranges::find(tried, candidate.slot) == tried.end();
  }
};

// An algorithm at work on one pool: state of one worker.
class Policy {
 public:
  explicit Policy(std::shared_ptr<const Pool> pool) : pool_(std::move(pool)) {}
  virtual ~Policy() = default;
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  // One of the pool that `wanted` accepts. Absent: none was found with bounded effort.
  virtual std::optional<Slot> pick(const Wanted& wanted) = 0;
  // Of any slot of the group. Most algorithms do not care.
  virtual void load_changed(Slot) {}

  const std::shared_ptr<const Pool>& pool() const { return pool_; }

 protected:
  const Candidate& candidate(Place place) const { return pool_->candidate(place); }

 private:
  std::shared_ptr<const Pool> pool_;
};

// After as many draws that were not accepted the rest is left to a scan.
inline constexpr int kDraws = 8;

using Policies = std::span<const std::unique_ptr<Policy>>;

// `previous`: those of the set before, whose state a policy may take over.
std::unique_ptr<Policy> make_policy(model::Algorithm algorithm, std::shared_ptr<const Pool> pool,
                                    Policies previous, base::Random& random);

}  // namespace weir::balance
