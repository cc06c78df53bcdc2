#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lb/admin/group_status.h"
#include "lb/observe/totals.h"

namespace weir::admin {

// What targets without counters of their own have counted together.
struct OtherCounts {
  std::uint64_t requests = 0;
  std::uint64_t responses_5xx = 0;
  std::uint64_t connection_errors = 0;
  std::vector<std::uint64_t> buckets = {};  // time to the first byte
};

// What the targets of a group have counted. Beyond admin.max_series they do so together, in one more series
// for each zone.
class StatusCounters {
 public:
  // `totals` outlive it.
  StatusCounters(const observe::Totals& totals, const std::string& group);

  // Null: it has no counters of its own.
  const observe::TargetTotal* find(const TargetStatus& target) const;
  // Of the zones together; absent: each target has counters of its own.
  std::optional<OtherCounts> others() const;

 private:
  const observe::TargetTotal* find(const std::string& zone, std::string_view target) const;

  std::span<const observe::TargetTotal> targets_;  // of the group, by zone and id
};

}  // namespace weir::admin
