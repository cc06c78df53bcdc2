#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "lb/balance/alias_table.h"
#include "lb/balance/hash_ring.h"
#include "lb/balance/load_tree.h"
#include "lb/balance/outstanding_sum.h"
#include "lb/balance/target_set.h"

namespace weir::balance {

// A candidate's number in its pool.
using Place = std::uint32_t;
inline constexpr Place kNoPlace = std::numeric_limits<Place>::max();

// What a pool is made of.
struct PoolContents {
  std::vector<Candidate> candidates;     // in the order of their zones (and then, for least_outstanding, of
                                         // their weights); at least one
  std::vector<RingMember> ring_members;  // of consistent_hash: all that count, whatever their standing
  std::size_t slots = 0;                 // of the group

  bool operator==(const PoolContents&) const = default;
};

// Candidates in the order of their zones, with the tables that the group's algorithm needs. Immutable, but
// for what the workers share of the candidates' loads (tree and sum).
class Pool {
 public:
  // `ring`: of the pool before; used again if its members are the same. `seed` decides ties.
  Pool(PoolContents contents, model::Algorithm algorithm, std::shared_ptr<const HashRing> ring,
       std::uint64_t seed);

  // Whether a new pool of these would be the same.
  bool made_of(const PoolContents& contents, model::Algorithm algorithm) const {
    return algorithm_ == algorithm && contents_ == contents;
  }

  std::uint32_t size() const { return static_cast<std::uint32_t>(contents_.candidates.size()); }
  std::span<const Candidate> candidates() const { return contents_.candidates; }
  const Candidate& candidate(Place place) const { return contents_.candidates[place]; }
  std::uint64_t weight() const { return weight_; }
  // kNoPlace: not a candidate of this pool.
  Place place_of(Slot slot) const { return slot < places_.size() ? places_[slot] : kNoPlace; }

  using Range = LoadTree::Range;
  // Where the candidates of a zone are.
  Range zone_range(Zone zone) const;

  const AliasTable& draws() const { return draws_; }
  // Of least_outstanding and consistent_hash alone.
  LoadTree& tree() const { return *tree_; }
  OutstandingSum& outstanding() const { return *outstanding_; }
  const HashRing& ring() const { return *ring_; }
  // Of consistent_hash alone. Absent: not a candidate of this pool.
  std::optional<Candidate> by_slot(Slot slot) const {
    if (slot >= loads_.size() || loads_[slot] == nullptr) return std::nullopt;
    return Candidate{loads_[slot], slot, traits_[slot].weight, traits_[slot].zone};
  }
  const std::shared_ptr<const HashRing>& shared_ring() const { return ring_; }
  std::uint64_t seed() const { return seed_; }

 private:
  struct Traits {
    std::uint32_t weight = 0;
    Zone zone = kNoZone;
  };

  PoolContents contents_;
  model::Algorithm algorithm_;
  std::uint64_t seed_;
  std::uint64_t weight_ = 0;
  std::vector<Place> places_;  // by slot
  AliasTable draws_;
  std::shared_ptr<const HashRing> ring_;
  std::unique_ptr<LoadTree> tree_;
  std::unique_ptr<OutstandingSum> outstanding_;
  // Copies by slot, so that the way from the ring to a load is short: what is on it takes no more of the
  // cache than it must.
  std::vector<Load*> loads_;  // null: no candidate
  std::vector<Traits> traits_;
};

}  // namespace weir::balance
