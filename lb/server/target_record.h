#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lb/admin/group_status.h"
#include "lb/health/health_state.h"
#include "lb/health/outlier_detector.h"
#include "lb/observe/group_facts.h"
#include "lb/proxy/group_view.h"

namespace weir::server {

// The same instant by both clocks.
struct Moment {
  base::Instant now;
  base::WallTime wall;
};

// Who has made a target a member, and may end that.
enum class Owner : std::uint8_t { file, dns, api };
std::string_view word(Owner owner);

// A target that gets no new requests, and when what is under way is cut.
struct Drain {
  base::Instant since;
  base::Instant until;
  base::WallTime at;    // `since` by the wall clock of that moment
  bool leaves = false;  // it is no member any more when it is over
  bool cut = false;
  bool operator==(const Drain&) const = default;
};

// One target of a group as the control thread knows it.
struct TargetRecord {
  std::shared_ptr<const proxy::TargetEntry> entry;
  Owner owner = Owner::file;
  health::HealthState health;
  std::optional<Drain> drain = {};
  bool shifted = false;                     // its zone is
  bool seen = false;                        // a check of this process has come back
  base::Instant ramp_since = base::kNever;  // slow start; kNever: none
  base::WallTime ejected_at{};              // the last time
  std::array<std::uint64_t, observe::kEjectionReasons.size()> ejections{};

  const model::Target& settings() const { return entry->settings; }
  // Nothing is under way, and nobody who was here of late will come back.
  bool idle(base::Instant now) const { return outstanding() == 0 && sessions(now).value_or(0) == 0; }
  // Those of the last five minutes; absent: the group has no stickiness.
  std::optional<std::uint64_t> sessions(base::Instant now) const {
    const auto& count = entry->sessions;
    return count ? std::optional(count->count(now)) : std::nullopt;
  }
  std::uint32_t outstanding() const { return entry->state->load.outstanding.load(std::memory_order_relaxed); }
};

// What an operator is told that a target is, the most telling first.
enum class TargetWord : std::uint8_t { unused, draining, ejected, initial, healthy, unhealthy };
std::string_view word(TargetWord state);
TargetWord word_of(const TargetRecord& record, bool group_in_use, bool ejected);

// Whether what is known of its health lets it serve.
bool is_trusted(const TargetRecord& record, bool settled);

// Whether requests go there. `settled`: the group has had time for its first verdicts; before that, whoever
// has not failed is trusted.
balance::Standing standing_of(const TargetRecord& record, bool ejected, bool settled);

admin::ProbeStatus probe_status(const health::ProbeResult& result);

}  // namespace weir::server
