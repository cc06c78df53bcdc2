#include "lb/server/target_record.h"

#include <array>

namespace weir::server {

std::string_view word(Owner owner) {
  static constexpr std::array<std::string_view, 3> kWords = {"file", "dns", "api"};
  return kWords[static_cast<std::size_t>(owner)];
}

std::string_view word(TargetWord state) { return observe::kTargetStates[static_cast<std::size_t>(state)]; }

TargetWord word_of(const TargetRecord& record, bool group_in_use, bool ejected) {
  if (record.drain) return TargetWord::draining;
  if (!group_in_use) return TargetWord::unused;
  if (record.health.health() == health::Health::unhealthy) return TargetWord::unhealthy;
  if (ejected) return TargetWord::ejected;
  return record.health.health() == health::Health::initial ? TargetWord::initial : TargetWord::healthy;
}

bool is_trusted(const TargetRecord& record, bool settled) {
  switch (record.health.health()) {
    case health::Health::healthy: return true;
    case health::Health::unhealthy: return false;
    case health::Health::initial: break;
  }
  return !settled && record.health.failures() == 0;
}

balance::Standing standing_of(const TargetRecord& record, bool ejected, bool settled) {
  using balance::Standing;
  if (record.drain || record.shifted) return Standing::absent;
  return ejected || !is_trusted(record, settled) ? Standing::failed : Standing::usable;
}

admin::ProbeStatus probe_status(const health::ProbeResult& result) {
  return {.at = result.at,
          .passed = result.passed(),
          .phase = std::string(health::word(result.phase)),
          .reason = std::string(health::code(result.reason)),
          .status = result.status,
          .took = result.took,
          .detail = result.detail,
          .body_start = result.body_start};
}

}  // namespace weir::server
