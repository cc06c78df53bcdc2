#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lb/balance/load.h"
#include "lb/model/target_group.h"

// Which targets of a group get requests, and how much each: decided on the control thread whenever a target's
// health, drain, weight or zone changes, then read by all workers.
namespace weir::balance {

// A target's number in its group; it keeps it for as long as it is a member.
using Slot = std::uint32_t;
// A zone's number in its group.
using Zone = std::uint16_t;
inline constexpr Zone kNoZone = 0xffff;

enum class Standing : std::uint8_t {
  usable,
  failed,  // unhealthy, ejected or without a verdict: gets requests when the group fails open
  absent,  // draining, its zone shifted away, or no target at all (a free slot): gets none, and counts
           // nowhere
};

struct Member {
  Load* load = nullptr;        // null: the slot is free
  std::uint64_t identity = 0;  // a hash of its address, the same at every start and on every node
  std::uint32_t weight = 1;    // 0: no new requests; counts nowhere
  double ramp = 1.0;           // slow start: the part of its weight that it gets, over 0 to 1
  Zone zone = kNoZone;
  Standing standing = Standing::usable;
};

struct SetSettings {
  model::Algorithm algorithm = model::Algorithm::power_of_two;
  model::CrossZone cross_zone = model::CrossZone::on;
  Zone own_zone = kNoZone;  // kNoZone: every cross_zone is `on`
  model::FailOpen fail_open;
};

// One that may be picked.
struct Candidate {
  Load* load = nullptr;
  Slot slot = 0;
  std::uint32_t weight = 0;  // in hundredths, slow start applied; never 0
  Zone zone = kNoZone;
  bool operator==(const Candidate&) const = default;
};

class Pool;  // pool.h: the candidates that a pick chooses among, with the tables of the algorithm

// Pools and the part of the requests that each gets; the parts add up to 1.
struct Share {
  std::shared_ptr<const Pool> pool;
  double part = 1;
};

// Immutable. Names loads that it does not own: who keeps a set keeps the members' states, too.
struct TargetSet {
  std::vector<Share> shares;  // empty: no request can be served
  bool fail_open = false;     // too few were healthy: all get requests (or none, with `refuse`)
  std::uint32_t usable = 0;   // of those that count
  std::uint32_t counted = 0;  // members that are not absent and have a weight
};

// `previous` lends what need not be made again. A slot's number is its place in `members`.
std::shared_ptr<const TargetSet> build_target_set(std::span<const Member> members,
                                                  const SetSettings& settings, const TargetSet* previous);

}  // namespace weir::balance
